"""The words that `minispeech` is pre-trained on, by language, and those that it must never hear there."""

# None is a word that a task of ftlib asks for, nor sounds like one.
WORDS = {
    "en": """
        about above across action actor after again agree air alarm album allow alone amber anchor angle animal answer
        apple apron arch arm arrow artist ash autumn avenue award baby back badge bag baker balance ball banana bank
        barn basket bath beach bean bear beauty because become bell belt bench berry better big bike bill biscuit black
        blanket block blue board boat bone book border bottle bowl box branch brave bread breeze brick bridge bright
        bring broken brother brown brush bucket budget build bus butter button cabin cable cake calm camera camp candle
        canvas captain car card carpet carry castle cause cave ceiling chain chair chalk chance change charge cheap
        cheese chest chicken child choice church circle city clean clever climb clock cloth cloud club coach coal coast
        coffee coin cold collar color comb come compass cook copper corner cotton count country couple cousin cover
        crayon cream cross crowd crown cruise cup curtain cushion cycle damage dance danger dark daughter dawn day deep
        desk diamond dinner dish doctor dollar door dozen dragon draw dream dress drive drum dry dust eagle early earth
        east easy edge egg elbow empty engine enjoy evening every exit eye fabric face factory fair family farm fashion
        father feather fence field figure film finger fire fish flag flame flavor flight floor flower fog fold fool
        forest fork fox frame fresh friend fruit future game garage garden gate gentle giant gift girl glass glove goat
        gold good grass green grocery group guard guess guitar hair hammer hand harbor harvest hat hazel heart heavy
        helmet help hill history holiday honey hope horse hotel hour huge humor hungry ice idea image inch insect iron
        island jacket jar jazz jelly jewel join joke journey judge juice jump jungle justice keep kettle key kick king
        kitchen kite ladder lady lake lamp language laugh lawyer lazy leaf leather lemon letter level library light
        lion liquid little lizard loud love lucky lunch machine magic mail manner maple marble market match math meadow
        measure meat medal melon memory metal middle milk minute mirror mix modern moment money monkey month moon
        morning mother motor mountain mouth movie museum mushroom music nature needle neighbor nest never nice noise
        north nose notebook number nurse oak ocean office oil olive onion open orange orchard order oven owl oyster
        package page paint palace paper parcel parent park party patient peace peach pear pencil people pepper phone
        photo piano picture pigeon pillow pilot pink pipe planet plastic plate play pleasure pocket poem pond pony
        popular powder prince prize promise proud pump purple purse push puzzle queen question quick quiet rabbit radio
        railway rain raven razor reach ready reason record region rest ribbon rice ring river robot rock roof room rose
        round rubber ruby rule salad salt sandwich school science scissors season secret shadow shallow share shark
        sharp sheep shell shelter shirt shoe shop shoulder shower sign silver singer sister sketch skin sky sleep
        slipper slow small smile smoke snake snow soap soccer sock soft song soup south space spice spider spoon sport
        spring square squirrel stable staff stamp star station steam steel stone storm story street string strong
        student studio sugar summer sun surface sweater swim table tailor talent target taxi tea teacher teeth thank
        theater thick thing third thousand thread thumb thunder ticket tiger timber tired toast tomato tongue tooth
        towel tower toy train travel treasure triangle truck trumpet trust tunnel turtle twin umbrella uncle unit useful
        valley vanilla vase velvet vessel village vinegar violin visit voice volcano voyage wagon wait walk wall walnut
        warm watch water wave wealth weather wedding week wheel whisper white wide window winter wisdom witness wolf
        wonder wood work world yard yawn year yellow young zebra zigzag zipper""",
    "ko": """
        가방 가을 감자 강물 거울 겨울 고양이 공책 과일 구름 그림 기차 나무 냉장고 노래 눈물 다리 달력 도서관 딸기 라디오
        마음 모자 무지개 바다 바람 버스 병원 봄날 비누 사과 사람 선생님 소금 수박 시계 신발 아침 안녕 얼굴 여름 연필
        영화 우산 우유 음악 의자 자동차 저녁 전화 종이 지갑 창문 책상 치마 친구 커피 컴퓨터 토끼 편지 포도 하늘 학교
        햇빛""",
    "de": """
        Apfel Baum Brücke Drache Eisenbahn Fenster Flugzeug Frühstück Garten Geschichte Glück Handschuh Himmel Kirsche
        Knopf Küche Licht Löffel Mädchen Nacht Pferd Pfütze Schatten Schlüssel Schmetterling Schule Sprache Straße
        Stuhl Tisch Vogel Wasser Wolke Zucker Zwiebel""",
    "es": """
        abuelo agua amarillo barco caballo calle camino cielo ciudad cuchara espejo estrella fuego gato guerra hermano
        hoja jamón lluvia luz madera manzana mañana montaña naranja noche pájaro perro playa pueblo puerta queso reloj
        sombrero tierra ventana verano zapato""",
}  # fmt: skip

COMMANDS = "yes no up down left right on off stop go".split()
DIGITS = "zero one two three four five six seven eight nine".split()
SOUND_ALIKE = "know write rite wright write to too for fore won ate write ore".split()
KOREAN_COMMANDS = "시작 멈춰 왼쪽 오른쪽 위로 아래로 켜 꺼 다음 이전".split()


def source_words() -> list[tuple[str, str]]:
    """Returns the words of the source as pairs of language and word, each once, in an order that stays."""
    forbidden = {*COMMANDS, *DIGITS, *SOUND_ALIKE, *KOREAN_COMMANDS}
    words = [(language, word) for language, text in WORDS.items() for word in dict.fromkeys(text.split())]
    heard = sorted({word.casefold() for _, word in words} & forbidden)
    assert not heard, f"words that tasks ask for are in the source: {heard}"
    return words
