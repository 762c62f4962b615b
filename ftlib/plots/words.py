"""What pictures say of their own accord, such as the names of axes, in the language of the reader.

The code says it in English; `_KOREAN` has the Korean, with the same `{placeholders}` in any order. Titles and names
that a caller gives are drawn as they are.
"""

from collections.abc import Iterable
from typing import Any

from ftlib.language import language
from ftlib.score import Score
from ftlib.text import format_confidence, format_count, format_labels, format_seeds

_KOREAN = {
    # scores
    "Accuracy": "정확도",
    "accuracy": "정확도",
    "Learning rate": "학습률",
    "Loss": "손실",
    "loss": "손실",
    "Perplexity": "퍼플렉서티",
    "perplexity": "퍼플렉서티",
    "Test {score}": "테스트 {score}",
    "Training {score}": "학습 {score}",
    "Validation {score}": "검증 {score}",
    "training {score}": "학습 {score}",
    "validation {score}": "검증 {score}",
    # how many
    "all": "전부",
    "all labels": "레이블 전부",
    "{count:,} labels per class": "클래스당 레이블 {count:,}개",
    "{fewest} to {most} seeds": "시드 {fewest}~{most}개",
    "{count:,} layers": "층 {count:,}개",
    "{count:,} maps": "맵 {count:,}개",
    "{count:,} seeds": "시드 {count:,}개",
    "{count:,} stages": "스테이지 {count:,}개",
    "{count:,} times": "{count:,}번",
    "{count:,} updates": "업데이트 {count:,}번",
    "over 99 %": "99 % 초과",
    "under 1 %": "1 % 미만",
    # accuracy against labels or updates
    "Training labels per class (log scale)": "클래스당 학습 레이블(로그 눈금)",
    "Training updates (batches, log scale)": "학습 업데이트(배치, 로그 눈금)",
    "points: mean of {seeds}; bars: 95 % intervals": "점: {seeds}의 평균, 막대: 95% 신뢰 구간",
    "points: mean of {seeds}; lines: 95 % intervals": "점: {seeds}의 평균, 선: 95% 신뢰 구간",
    "wide grey bars: recorded intervals": "넓은 회색 막대: 기록된 구간",
    "Live, {seeds}:\n{cell}": "직접 실행, {seeds}:\n{cell}",
    "Recorded ({source}, {seeds}):\n{cell}": "기록({source}, {seeds}):\n{cell}",
    "{value} with {setting}": "{setting}일 때 {value}",
    "{name} has the highest mean:\n{first}, {fixed}": "평균이 가장 높은 것은 {name}:\n{first}, {fixed}",
    "{name} has the lowest mean:\n{first}, {fixed}": "평균이 가장 낮은 것은 {name}:\n{first}, {fixed}",
    "{name} has the highest mean at both ends ({fixed}):\n{first}, {last}": (
        "양 끝에서 평균이 가장 높은 것은 {name}({fixed}):\n{first}, {last}"
    ),
    "{name} has the lowest mean at both ends ({fixed}):\n{first}, {last}": (
        "양 끝에서 평균이 가장 낮은 것은 {name}({fixed}):\n{first}, {last}"
    ),
    "Highest mean ({fixed}): {name} {first},\n{other} {last}": (
        "평균이 가장 높은 것({fixed}): {first} {name},\n{last} {other}"
    ),
    "Lowest mean ({fixed}): {name} {first},\n{other} {last}": (
        "평균이 가장 낮은 것({fixed}): {first} {name},\n{last} {other}"
    ),
    # learning curves
    "Training updates (batches)": "학습 업데이트(배치)",
    "lines: mean of {seeds}; bands: lowest to highest seed": "선: {seeds}의 평균, 띠: 최저~최고 시드",
    "{name}: {measured} {value} after the last update": "{name}: 마지막 업데이트 뒤 {measured} {value}",
    ", mean of the seeds": ", 시드의 평균",
    "{count} others": "다른 {count}개",
    "{name} ends highest: {end}": "마지막에 가장 높은 것은 {name}: {end}",
    "{name} ends lowest: {end}": "마지막에 가장 낮은 것은 {name}: {end}",
    "{name} and {others} end equally high: {end}": "마지막에 똑같이 높은 것은 {name}, {others}: {end}",
    "{name} and {others} end equally low: {end}": "마지막에 똑같이 낮은 것은 {name}, {others}: {end}",
    # stages of a model
    "Weights of the stage (parameters, log scale)": "스테이지의 가중치 수(로그 눈금)",
    "Everything trains: {stages}, {weights:,} weights": "모두 학습됨: {stages}, 가중치 {weights:,}개",
    "{count} of {stages} frozen: {frozen:,} of {weights:,} weights": (
        "{stages} 중 {count}개 동결: 가중치 {weights:,}개 중 {frozen:,}개"
    ),
    "frozen": "동결",
    "trains": "학습됨",
    "trains in part": "일부 학습됨",
    "rate {rate:.2g}": "학습률 {rate:.2g}",
    "stage {number}": "스테이지 {number}",
    "image": "이미지",
    # right and wrong answers
    "{right:,} of {count:,} right": "{count:,}개 중 {right:,}개 맞음",
    "; of {count} classes, the most confused pairs": ". 클래스 {count}개 중 가장 많이 헷갈린 쌍",
    "; most confused:\ntrue {true}, said {said} ({times})": ". 가장 많이 헷갈린 것:\n정답 {true}, 답 {said} ({times})",
    "true {true}, said {said}": "정답 {true}, 답 {said}",
    "true {true}\nsaid {said} ({confidence})": "정답 {true}\n답 {said} ({confidence})",
    "Predicted class": "예측한 클래스",
    "True class": "실제 클래스",
    "Share of the true class": "실제 클래스 중 비율",
    "Number of mistakes (share of the true class)": "틀린 개수(실제 클래스 중 비율)",
    "No mistakes among {count:,} images": "이미지 {count:,}장 중 틀린 것이 없음",
    "All {wrong} mistakes among {count:,} images": "이미지 {count:,}장 중 틀린 {wrong}장 모두",
    "The {shown} surest of {wrong} mistakes among {count:,} images": (
        "이미지 {count:,}장 중 틀린 {wrong}장에서 가장 확신한 {shown}장"
    ),
    "your guess": "내 예측",
    # effects, trust
    "points, and 95 % intervals; hatched: the interval holds 0": "%p와 95% 신뢰 구간, 빗금: 구간에 0이 있음",
    "{low} to {high}": "{low}~{high}",
    "as right as it is sure": "확신한 만큼 맞음",
    "Confidence (area of a marker: examples in its bin)": "확신(점의 넓이: 그 칸에 든 예의 수)",
    "Confidence and accuracy agree on the diagonal": "대각선에서는 확신과 정확도가 같습니다",
    "as trained, ECE {error:.1f} %": "학습한 그대로, ECE {error:.1f} %",
    "temperature {temperature:.2f}, ECE {error:.1f} %": "온도 {temperature:.2f}, ECE {error:.1f} %",
    "{source}: {before} before tuning on {target}, {after} after": (
        "{source}: {target}에 미세 조정하기 전 {before}, 뒤 {after}"
    ),
    "Distance of features from their start": "특징이 출발점에서 멀어진 거리",
    "Accuracy on {part} (lines: 95 % intervals)": "{part} 정확도(선: 95% 신뢰 구간)",
    "{gap:.1f} points lie between the groups": "그룹 사이의 차이는 {gap:.1f}%p입니다",
    "test": "테스트",
    "validation": "검증",
    # the search for a rate
    "Suggested rate {rate:.1e} (ring): a tenth of where the loss is lowest": (
        "권하는 학습률 {rate:.1e}(고리): 손실이 가장 낮은 곳의 10분의 1"
    ),
    "Rings: the suggested rate of each stage, a tenth of its lowest point": (
        "고리: 스테이지마다 권하는 학습률, 가장 낮은 곳의 10분의 1"
    ),
    "Training loss, smoothed": "학습 손실(매끄럽게 함)",
    # boxes, numbers, sounds, generated images
    "noise": "잡음",
    "as labelled": "정답 박스",
    "Recall (share of the objects that are found)": "재현율(물체 중 찾은 비율)",
    "Precision (share of the boxes that are right)": "정밀도(박스 중 맞은 비율)",
    "True {name}": "실제 {name}",
    "Predicted {name}": "예측한 {name}",
    "Predicted less true {name}\n(dotted: the mean, {mean:.3g})": (
        "{name}: 예측에서 실제를 뺀 값\n(점선: 평균 {mean:.3g})"
    ),
    "Images": "이미지 수",
    "Seconds": "시간(초)",
    "Level": "진폭",
    "Hertz": "주파수(Hz)",
}


def say(english: str, **values: Any) -> str:
    """Returns a text of a picture in the reader's language, with its values filled in.

    Args:
        english: The text with `{placeholders}`, as it is in English. What has no Korean is English for all.
        **values: What stands in the place of the placeholders.

    Example:
    >>> from ftlib.language import fixed_language
    >>> with fixed_language("ko"):
    ...     say("Test {score}", score="mAP")
    '테스트 mAP'
    """
    template = _KOREAN.get(english, english) if language() == "ko" else english
    return template.format(**values)


def name_word(name: str) -> str:
    """Returns a name that may be one of those known here, such as that of a score; others come back as they are."""
    return _KOREAN.get(name, name) if language() == "ko" else name


def score_label(score: Score) -> str:
    """Returns the name of a score within a sentence: `"accuracy"`."""
    return name_word(score.label)


def count_text(count: int, noun: str) -> str:
    """Returns a number of things: `"3 layers"`, of one `"1 layer"`."""
    return say(f"{{count:,}} {noun}s", count=count) if language() == "ko" else format_count(count, noun)


def labels_text(labels_per_class: int | None) -> str:
    """Returns how many labels per class there are; None stands for all of them."""
    if language() != "ko":
        return format_labels(labels_per_class)
    if labels_per_class is None:
        return say("all labels")
    return say("{count:,} labels per class", count=labels_per_class)


def seeds_text(seed_counts: Iterable[int]) -> str:
    """Returns how many seeds are behind some means, from the fewest to the most."""
    seed_counts = list(seed_counts)
    fewest, most = min(seed_counts), max(seed_counts)
    if language() != "ko":
        return format_seeds(seed_counts)
    return say("{fewest} to {most} seeds", fewest=fewest, most=most) if fewest < most else count_text(fewest, "seed")


def confidence_text(probability: float) -> str:
    """Returns a probability in whole percent, and never as 0 or 100 %."""
    return name_word(format_confidence(probability))
