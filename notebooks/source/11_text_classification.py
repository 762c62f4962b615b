# %% [markdown] lang="en"
# # Sentences: a small BERT
#
# Is this review kind or angry? Which of our teams should read this mail? A sentence goes in, a class comes out: the most common use of
# language models. Backbone, strategy and run stay as they were. New is what goes in.
#
# **Questions**
# - What does a BERT learn before anyone gives it a label?
# - With how many labels does it beat counting letters?
# - What do padding and masks have to do with the answer?
#
# **You will**
# - see a sentence as pieces, and fill in hidden ones
# - beat a baseline that costs nothing, or see that you do not
# - freeze, tune and thaw a transformer by its stages
# - read recorded seeds on Korean and English reviews, and the mistakes as sentences
#
# ⏱ {{minutes}} minutes · Needs: lessons 05 to 07 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 문장 분류: 작은 BERT
#
# 이 감상평은 칭찬일까요, 불만일까요? 이 메일은 어느 부서가 읽어야 할까요? 문장을 넣으면 클래스가 나옵니다. 언어 모델을 가장 많이 쓰는 곳입니다. 백본(backbone)과
# 전략과 실행은 그대로이고, 넣는 것만 새롭습니다.
#
# **질문**
# - BERT는 레이블을 받기 전에 무엇을 배울까요?
# - 레이블이 몇 개일 때 글자 세기를 이길까요?
# - 패딩(padding)과 마스크(mask)는 답과 무슨 상관이 있을까요?
#
# **이 수업을 마치면**
# - 문장을 조각으로 보고, 가린 조각을 채울 수 있습니다
# - 거저나 다름없는 기준선을 이기거나, 이기지 못한다는 것을 확인합니다
# - 트랜스포머(transformer)를 스테이지(stage)별로 동결하고 조정하고 풀 수 있습니다
# - 한국어와 영어 감상평의 여러 시드 기록을 읽고, 틀린 것을 문장으로 볼 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 5강, 6강, 7강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import numpy as np
from scipy.stats import t

import ftlib as ft
from ftlib import plots

NAME = "minibert"  # on a GPU also "hub:bert_base_multi", with the same cells
tokenizer, backbone = ft.load_tokenizer(NAME), ft.load_backbone(NAME)
for sentence in ("Returns the sine of each element.", "배우들 연기는 좋은데 이야기가 지루하다"):
    print(*tokenizer.split(sentence))
# %% [markdown] lang="en"
# `minibert` is a BERT of {{backbone.count_params() / 1e6:.1f}} million weights. It has read 200,000 Korean film reviews and the
# documentation of six libraries, and never seen a label. Its vocabulary has {{len(tokenizer):,}} pieces, in both languages; `▁` marks
# a space.
# %% [markdown] lang="ko"
# `minibert`는 가중치 {{1e2 * backbone.count_params() / 1e6:.0f}}만 개짜리 BERT입니다. 한국어 영화 감상평 20만 개와 라이브러리 여섯 개의 문서를 읽었고, 레이블은 본
# 적이 없습니다. 어휘에는 두 언어의 조각 {{len(tokenizer):,}}개가 있습니다. `▁`는 빈칸입니다.
# %% [markdown] lang="en"
# ## What it learnt: hidden pieces
#
# BERT (Devlin et al., 2019) hides some pieces of a text and learns to name them. Unlike the GPT of lesson 12 it looks to both sides.
# Under the head of its pre-training we can ask it still.
#
# **Predict.** What will it put in the gaps?
# %% [markdown] lang="ko"
# ## 무엇을 배웠을까요: 가린 조각
#
# BERT(Devlin 등, 2019)는 글의 조각 몇 개를 가리고 무엇이었는지 맞히며 배웁니다. 12강의 GPT와 달리 양쪽을 다 봅니다. 사전 학습(pre-training) 때의 헤드(head)를
# 얹으면 지금도 물어볼 수 있습니다.
#
# **예측해 보세요.** 빈 곳에 무엇을 넣을까요?
# %%
filler = ft.language_model(NAME)

def fill(before, after, count=5):
    """The likeliest pieces for a gap between two texts."""
    start, end = tokenizer.encode([before, after], length=30)
    ids = [*start[start > 0][:-1], tokenizer.mask_id, *end[end > 0][1:]]
    row = np.zeros((1, filler.input_shape[1]), "int32")
    row[0, : len(ids)] = ids
    logits = np.array(filler(row))[0, ids.index(tokenizer.mask_id)]
    return [tokenizer.pieces[i] for i in np.argsort(-logits)[:count]]

print("Returns the ___ of the array.", fill("Returns the", "of the array."))
print("정말 ___ 영화예요", fill("정말", "영화예요"))
# %% [markdown] lang="en"
# Plausible, some of them. (The vectors of its pieces were not learnt so: they were counted beforehand, from which pieces stand in one text,
# and stay as they are.) To fill such gaps one has to know which words go together, and some grammar. The hope of all pre-training is the
# same as with letters and photos: that what it took to do this is of use elsewhere.
# %% [markdown] lang="ko"
# 그럴듯한 것이 꽤 있습니다. (조각의 벡터는 이렇게 배운 것이 아닙니다. 어떤 조각이 한 글에 함께 나오는지 세어서 미리 구한 것이고, 그대로 둡니다.) 이런 빈 곳을 채우려면 어떤 낱말이 함께 쓰이는지, 그리고 문법을 조금은 알아야 합니다. 글자나 사진 때와 마찬가지로, 이 일을 하느라 배운 것이 다른
# 데서도 쓸모 있기를 바라는 것이 사전 학습입니다.
# %% [markdown] lang="en"
# ### Exercise 1: hide pieces
#
# Write the heart of BERT's pre-training: hide each piece with the probability `share`. Return the ids with `mask_id` in the hidden
# places, and the targets: the old id where it was hidden, -1 elsewhere. Padding, the id 0, is never hidden.
# %% [markdown] lang="ko"
# ### 연습 1: 조각 가리기
#
# BERT 사전 학습의 핵심을 구현해 봅시다. 조각마다 `share`의 확률로 가립니다. 가린 자리에 `mask_id`를 넣은 번호들과, 가린 자리에는 원래 번호, 나머지에는 -1을 넣은
# 정답을 돌려주세요. 패딩(번호 0)은 가리지 않습니다.
# %% tags=["exercise"]
def hide(ids, share, mask_id, rng):
    return ..., ...

# Stuck? ft.hint("11.1"), then ft.solution("11.1")
ft.check("11.1", hide)
# %% [markdown] lang="en"
# ## A task, and what it costs to beat nothing
#
# Reviews have to be fetched; sentences of documentation lie on your machine. Which of six libraries is this one from? Ten labels for
# each class, and the names of the libraries are left out.
# %% [markdown] lang="ko"
# ## 태스크와 거저 얻는 기준선
#
# 감상평은 내려받아야 하지만, 문서의 문장은 여러분 컴퓨터에 있습니다. 이 문장은 라이브러리 여섯 개 가운데 어디에서 왔을까요? 클래스마다 레이블이 열 개이고,
# 라이브러리 이름이 나오는 문장은 뺐습니다.
# %%
task = ft.load_task("docstrings", labels_per_class=10, seed=0)
print(task)
texts = {
    part: [tokenizer.decode(row) for row in split.inputs]
    for part, split in task.splits.items()
}
for row in range(0, 60, 20):
    print(f"{task.class_names[task.train.targets[row]]:<14}{texts['train'][row]}")
# %% [markdown] lang="en"
# First the baseline that many courses leave out. Count which runs of one to three letters a text has, the rare ones more (TF-IDF), and
# fit a logistic regression. No network, no pre-training, a second of work.
#
# **Predict.** How much of the validation sentences does it get right, with ten labels for each of six classes?
# %% [markdown] lang="ko"
# 많은 강의가 빠뜨리는 기준선부터 봅시다. 글에 어떤 글자가 한 개에서 세 개까지 이어져 있는지 세고, 드문 것에 더 큰 무게를 둡니다(TF-IDF). 여기에 로지스틱 회귀를
# 맞춥니다. 신경망도 사전 학습도 없이 1초면 됩니다.
#
# **예측해 보세요.** 여섯 클래스에 레이블이 열 개씩일 때, 검증 문장을 얼마나 맞힐까요?
# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

counting = make_pipeline(
    TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
    LogisticRegression(C=10, max_iter=1000),
)
counting.fit(texts["train"], task.train.targets)
by_letters = counting.score(texts["validation"], task.validation.targets)
print(f"letters counted: {100 * by_letters:.1f} %")
assert by_letters > 0.3
# %% [markdown] lang="en"
# ## The four lines
#
# The same as ever: `ft.with_head` takes the mean over the pieces and puts a softmax on it. Frozen first, then `lp_ft`, then the control
# from random weights.
#
# **Predict.** In which order will the three come in, and on which side of the letters?
# %% [markdown] lang="ko"
# ## 늘 쓰던 네 줄
#
# 전과 같습니다. `ft.with_head`는 조각들의 평균을 내고 그 위에 소프트맥스를 얹습니다. 먼저 동결하고, 그다음은 `lp_ft`, 끝으로 무작위 가중치에서 출발하는 대조군입니다.
#
# **예측해 보세요.** 셋의 순서는 어떻게 되고, 글자 세기보다 나을까요?
# %%
model = ft.with_head(backbone, task)
UPDATES = 100
runs = {
    name: ft.fit(model, task, name, updates=UPDATES, seed=0, verbose=False)
    for name in ("scratch", "feature_extraction_long", "lp_ft")
}
found = {"letters counted": by_letters} | {
    name: run.val_accuracy for name, run in runs.items()
}
ft.show(
    plots.bars(found, "Ten labels for each class", "Validation accuracy", percent=True),
    alt="Bars of validation accuracy: letters counted, the network from scratch, the "
    "frozen one, and LP-FT.",
)
assert found["lp_ft"] > found["scratch"]
# %% [markdown] lang="en"
# Letters counted get {{100 * found["letters counted"]:.0f}} %, the network from random weights {{100 * found["scratch"]:.0f}} %, the
# pre-trained one {{100 * found["feature_extraction_long"]:.0f}} % frozen and {{100 * found["lp_ft"]:.0f}} % with LP-FT. Guessing would get
# {{100 / task.num_classes:.0f}} %. So pre-training made the transformer useful. Whether it was needed is another question, and one draw
# of ten labels does not answer it.
# %% [markdown] lang="ko"
# 글자 세기는 {{100 * found["letters counted"]:.0f}}%, 무작위 가중치에서 출발한 신경망은 {{100 * found["scratch"]:.0f}}%, 사전 학습한 신경망은 동결하면
# {{100 * found["feature_extraction_long"]:.0f}}%, LP-FT로는 {{100 * found["lp_ft"]:.0f}}%입니다. 찍으면 {{100 / task.num_classes:.0f}}%입니다. 트랜스포머가 쓸모 있어진
# 것은 사전 학습 덕분입니다. 꼭 필요했는지는 다른 문제이고, 레이블을 열 개씩 한 번 뽑아서는 알 수 없습니다.
# %% [markdown] lang="en"
# ## Padding, and the mask that hides it
#
# Sentences differ in length, and a batch is a rectangle. So short ones are filled up with the id 0, *padding*. It means nothing, and
# must not be seen: not by the attention, and not by the mean at the end. The model makes the mask itself, from the zeros.
#
# **Predict.** We fill up with the piece for "unknown" instead of 0, as code with another convention would. The words stay the same.
# How many answers change?
# %% [markdown] lang="ko"
# ## 패딩과 그것을 가리는 마스크
#
# 문장마다 길이가 다른데 배치는 직사각형입니다. 그래서 짧은 문장은 번호 0, 곧 *패딩*으로 채웁니다. 아무 뜻도 없으니 보여서는 안 됩니다. 어텐션(attention)도,
# 마지막 평균도 보면 안 됩니다. 마스크는 모델이 0을 보고 스스로 만듭니다.
#
# **예측해 보세요.** 규약이 다른 코드가 그러듯 0 대신 "모르는 조각"의 번호로 채워 봅시다. 낱말은 그대로입니다. 답이 얼마나 달라질까요?
# %%
best = runs["lp_ft"].model
ids = task.validation.inputs
wrong = np.where(ids == 0, tokenizer.unknown_id, ids)
before, after = np.array(best(ids)).argmax(1), np.array(best(wrong)).argmax(1)
right = [np.mean(said == task.validation.targets) for said in (before, after)]
print(f"padding masked {100 * right[0]:.1f} %, padding seen {100 * right[1]:.1f} %; "
      f"{100 * np.mean(before != after):.0f} % of the answers changed")
assert right[1] < right[0] - 0.02
# %% [markdown] lang="en"
# Nothing failed, no warning came, and the accuracy fell. A wrong convention for padding is the wrong pixel range of lesson 04b in
# another dress. Ask each model what it pads with.
# %% [markdown] lang="ko"
# 오류도 경고도 없이 정확도만 떨어졌습니다. 패딩 규약이 틀리는 것은 4b강의 잘못된 픽셀 범위가 옷만 갈아입은 것입니다. 모델마다 무엇으로 채우는지 확인하세요.
# %% [markdown] lang="en"
# ### Exercise 2: a mean that does not see padding
#
# `features` are `(n, length, c)`, `ids` are `(n, length)`. Return the mean over the pieces of each text, `(n, c)`, without padding.
# %% [markdown] lang="ko"
# ### 연습 2: 패딩을 보지 않는 평균
#
# `features`는 `(n, length, c)`, `ids`는 `(n, length)`입니다. 텍스트마다 패딩을 뺀 조각들의 평균 `(n, c)`를 돌려주세요.
# %% tags=["exercise"]
def masked_mean(features, ids):
    return ...

# Stuck? ft.hint("11.2"), then ft.solution("11.2")
ft.check("11.2", masked_mean)
# %% [markdown] lang="en"
# ## Stages again
#
# The embedding of the vocabulary is the first stage, each block of attention another. So everything of lessons 05 to 07 works by the
# same names: freeze through a stage, thaw from the top, a rate for each.
# %% [markdown] lang="ko"
# ## 다시 스테이지
#
# 어휘의 임베딩(embedding)이 첫 스테이지이고, 어텐션 블록 하나하나가 그다음 스테이지입니다. 그래서 5~7강에서 배운 것을 같은 이름으로 쓸 수 있습니다. 어느
# 스테이지까지 동결하고, 위에서부터 풀고, 스테이지마다 학습률을 다르게 합니다.
# %%
for stage in ft.stages(model):
    print(
        f"{stage.name:<8}{stage.params:>10,} weights   "
        f"{', '.join(layer.name for layer in stage.layers[:3])} ..."
    )
print(ft.strategy("gradual"))
# %% [markdown] lang="en"
# Most weights lie in the embedding: a vector for each piece, of which ten labels for each class touch a few hundred. Frozen or tuned
# gently, the others keep what the pre-training said of them. From random weights they say nothing.
# %% [markdown] lang="ko"
# 가중치는 대부분 임베딩에 있습니다. 조각마다 벡터가 하나씩인데, 클래스마다 레이블 열 개로는 그 가운데 몇백 개만 건드립니다. 동결하거나 살살 조정하면 나머지는 사전 학습에서
# 배운 것을 그대로 지닙니다. 무작위 가중치에서 출발하면 나머지는 아무것도 말해 주지 않습니다.
# %% [markdown] lang="en"
# ## Reviews, seed by seed
#
# One draw of labels is an anecdote. The record holds Korean film reviews, kind or angry (NSMC), with few labels and several draws
# of each. `minibert` has read 200,000 others of their kind, without labels.
#
# **Predict.** Where will the letters catch up?
# %% [markdown] lang="ko"
# ## 감상평, 시드마다
#
# 레이블을 한 번 뽑은 결과는 일화일 뿐입니다. 기록에는 한국어 영화 감상평(NSMC, 칭찬인지 불만인지)이 레이블을 조금씩 여러 번 뽑은 결과로 들어
# 있습니다. `minibert`는 레이블 없이 같은 종류의 감상평 20만 개를 읽었습니다.
#
# **예측해 보세요.** 글자 세기는 어디에서 따라잡을까요?
# %%
record = ft.track("glyph").recorded("texts")

def seeds(labels, method, task="nsmc"):
    """Test accuracy of the recorded draws of labels, in their order."""
    return record.scores("test_accuracy", task=task, labels=labels, method=method)

def interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half
# %%
names = {
    "tfidf": "letters counted",
    "frozen": "frozen",
    "lp_ft": "LP-FT",
    "scratch": "from scratch",
}
curves = {}
for method, name in names.items():
    counts = [n for n in (20, 100, 300, 1000) if len(seeds(n, method)) > 2]
    curves[name] = (counts, [seeds(n, method).mean() for n in counts])
fig = plots.lines(
    curves,
    "Labels",
    "Test accuracy",
    "Reviews: pre-training saves labels",
    log_x=True,
    percent=True,
)
ft.show(
    fig,
    alt="Test accuracy on Korean reviews against the number of labels, on a "
    "logarithmic axis, for letters counted, minibert frozen, LP-FT and from scratch.",
)
# %%
few = 100
for method in ("frozen", "lp_ft"):
    for n in curves[names[method]][0]:
        mean, low, high = (
            100 * x for x in interval(seeds(n, method) - seeds(n, "tfidf"))
        )
        print(
            f"{n:>5} labels, {names[method]:<7} over the letters: {mean:+.1f} points "
            f"({low:+.1f} to {high:+.1f})"
        )
assert (
    seeds(few, "lp_ft").mean()
    > seeds(few, "tfidf").mean()
    > seeds(few, "scratch").mean()
)
# %% [markdown] lang="en"
# With {{few}} labels LP-FT reaches {{100 * seeds(few, "lp_ft").mean():.1f}} %, the letters {{100 * seeds(few, "tfidf").mean():.1f}} %, the
# same network from scratch {{100 * seeds(few, "scratch").mean():.1f}} %. The interval of the paired difference tells whether that is more
# than luck: one that holds 0 proves nothing. With 1,000 labels the letters have caught up with the frozen network, and not yet with LP-FT
# ({{100 * seeds(1000, "tfidf").mean():.1f}} % against {{100 * seeds(1000, "lp_ft").mean():.1f}} %); from scratch the network is still at
# {{100 * seeds(1000, "scratch").mean():.1f}} %. Which strategy tunes matters less here: with {{few}} labels `gradual` gets
# {{100 * seeds(few, "gradual").mean():.1f}} % and `full` {{100 * seeds(few, "full").mean():.1f}} %.
# %% [markdown] lang="ko"
# 레이블이 {{few}}개일 때 LP-FT는 {{100 * seeds(few, "lp_ft").mean():.1f}}%, 글자 세기는 {{100 * seeds(few, "tfidf").mean():.1f}}%, 같은 신경망을 처음부터 학습하면
# {{100 * seeds(few, "scratch").mean():.1f}}%입니다. 이 차이가 운이 아닌지는 짝지은 차이의 구간이 말해 줍니다. 0이 들어 있는 구간은 아무것도 증명하지 못합니다. 레이블이
# 1,000개이면 글자 세기가 동결한 신경망을 따라잡지만, LP-FT는 아직 따라잡지 못합니다({{100 * seeds(1000, "tfidf").mean():.1f}}%와 {{100 * seeds(1000, "lp_ft").mean():.1f}}%).
# 처음부터 학습한 신경망은 그때도 {{100 * seeds(1000, "scratch").mean():.1f}}%입니다. 어느 전략으로 조정하느냐는 여기서 덜 중요합니다. 레이블 {{few}}개에서 `gradual`은
# {{100 * seeds(few, "gradual").mean():.1f}}%, `full`은 {{100 * seeds(few, "full").mean():.1f}}%입니다.
# %% [markdown] lang="en"
# What a BERT is worth depends on what it has read. On English sentences about films (SST-2) `minibert`, which read no English review, is
# of no use, and tuning does not mend that: LP-FT with {{few}} labels gets {{100 * seeds(few, "lp_ft", "sst2").mean():.1f}} %, the letters
# {{100 * seeds(few, "tfidf", "sst2").mean():.1f}} %. MiniLM, a network of 23 million weights that has read a billion pairs of sentences, is of
# use, frozen as it is.
# %% [markdown] lang="ko"
# BERT의 쓸모는 무엇을 읽었느냐에 달려 있습니다. 영어 영화평(SST-2)에서는 영어 감상평을 읽은 적이 없는 `minibert`가 쓸모없고, 조정해도 나아지지 않습니다. 레이블
# {{few}}개에서 LP-FT는 {{100 * seeds(few, "lp_ft", "sst2").mean():.1f}}%, 글자 세기는 {{100 * seeds(few, "tfidf", "sst2").mean():.1f}}%입니다. 문장 10억 쌍을 읽은 가중치
# 2,300만 개짜리 MiniLM은 동결한 채로도 쓸모가 있습니다.
# %%
for method in ("minilm", "frozen"):
    mean, low, high = (
        100 * x
        for x in interval(seeds(100, method, "sst2") - seeds(100, "tfidf", "sst2"))
    )
    name = {"minilm": "MiniLM", "frozen": "minibert"}[method]
    print(
        f"SST-2, 100 labels, {name:<8} over the letters: {mean:+.1f} points "
        f"({low:+.1f} to {high:+.1f})"
    )
assert (
    seeds(100, "minilm", "sst2").mean()
    > seeds(100, "tfidf", "sst2").mean()
    > seeds(100, "frozen", "sst2").mean()
)
# %% [markdown] lang="en"
# ## What it cannot read
#
# Numbers hide what goes wrong. Here are the sentences of which `lp_ft` is surest, and wrong.
# %% [markdown] lang="ko"
# ## 읽지 못하는 것
#
# 숫자만 보면 무엇이 틀렸는지 알 수 없습니다. 다음은 `lp_ft`가 가장 확신하면서 틀린 문장들입니다.
# %%
said = np.array(best(ids))
mistaken = np.flatnonzero(said.argmax(1) != task.validation.targets)
for row in mistaken[np.argsort(-said[mistaken].max(1))][:5]:
    truth, answer = (
        task.class_names[task.validation.targets[row]],
        task.class_names[said[row].argmax()],
    )
    print(
        f"{truth}, said {answer} ({100 * said[row].max():.0f} %): "
        f"{texts['validation'][row]}"
    )
# %% [markdown] lang="en"
# Which words made it say so? Hide one word after the other and see how the probability of the answer moves: what falls when a word goes
# hung on that word. It is the occlusion of pictures, with words for patches.
# %% [markdown] lang="ko"
# 어떤 낱말 때문에 그렇게 답했을까요? 낱말을 하나씩 가리고 답의 확률이 어떻게 변하는지 봅니다. 어떤 낱말을 가렸을 때 확률이 떨어지면 그 낱말에 기댄 것입니다. 그림의
# 일부를 가려 보던 것과 같은 방법이고, 조각 대신 낱말을 가립니다.
# %%
some = mistaken[np.argsort(-said[mistaken].max(1))][:3]
weighed = ft.explain_text(best, tokenizer, [texts["validation"][row] for row in some])
for index, row in enumerate(some):
    words = ", ".join(
        f"{word} ({weight:+.2f})" for word, weight in weighed.strongest(index)
    )
    print(f"said {task.class_names[said[row].argmax()]} for {words}")
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Freeze the backbone, put a softmax on the mean, fit, thaw, fit again with a small rate.
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 백본을 동결하고, 평균 위에 소프트맥스를 얹어 학습하고, 풀어서 작은 학습률로 다시 학습합니다.
# %% tags=["folded"]
import keras

keras.utils.set_random_seed(0)
base = ft.load_backbone(NAME)
base.trainable = False
tokens = keras.Input((base.input_shape[1],), dtype="int32")
pooled = keras.layers.GlobalAveragePooling1D()(
    base(tokens), mask=keras.ops.not_equal(tokens, 0)
)
plain = keras.Model(
    tokens, keras.layers.Dense(task.num_classes, activation="softmax")(pooled)
)
# %% tags=["folded"]
for rate, trainable in ((1e-2, False), (3e-4, True)):
    base.trainable = trainable
    plain.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = plain.fit(
        task.train.inputs,
        task.train.targets,
        batch_size=8,
        epochs=10,
        verbose=0,
        validation_data=(task.validation.inputs, task.validation.targets),
    )
print(f"plain Keras: {100 * history.history['val_accuracy'][-1]:.1f} % (validation)")
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 11.q1}}
# %% [markdown] lang="ko"
# {{quiz 11.q1}}
# %% tags=["exercise"]
ft.check("11.q1", ...)
# %% [markdown] lang="en"
# {{quiz 11.q2}}
# %% [markdown] lang="ko"
# {{quiz 11.q2}}
# %% tags=["exercise"]
ft.check("11.q2", ...)
# %% [markdown] lang="en"
# {{quiz 11.q3}}
# %% [markdown] lang="ko"
# {{quiz 11.q3}}
# %% tags=["exercise"]
ft.check("11.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A tokenizer makes pieces of texts; BERT learnt to name hidden ones, from texts without labels.
# - Count letters first. With {{few}} labels on Korean reviews LP-FT gets {{100 * seeds(few, "lp_ft").mean():.1f}} %, the letters
#   {{100 * seeds(few, "tfidf").mean():.1f}} %, the network from scratch {{100 * seeds(few, "scratch").mean():.1f}} %.
# - The stages of a transformer are the embedding and its blocks: freeze, thaw and rates as with pictures.
# - Padding must not be seen. Seen, it changed {{100 * np.mean(before != after):.0f}} % of the answers without a word.
# - Look at the mistakes as sentences, and at the words they hang on.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 토크나이저는 글을 조각으로 나눕니다. BERT는 레이블 없는 글에서 가린 조각을 맞히며 배웠습니다.
# - 글자부터 세어 보세요. 한국어 감상평에서 레이블이 {{few}}개일 때 LP-FT는 {{100 * seeds(few, "lp_ft").mean():.1f}}%, 글자 세기는
#   {{100 * seeds(few, "tfidf").mean():.1f}}%, 처음부터 학습한 신경망은 {{100 * seeds(few, "scratch").mean():.1f}}%입니다.
# - 트랜스포머의 스테이지는 임베딩과 블록들입니다. 동결하고, 풀고, 학습률을 다르게 하는 일은 그림 때와 같습니다.
# - 패딩은 보이면 안 됩니다. 보이게 했더니 아무 경고 없이 답의 {{100 * np.mean(before != after):.0f}}%가 달라졌습니다.
# - 틀린 것은 문장으로 보고, 어떤 낱말에 기댔는지도 보세요.
# %% [markdown] lang="en"
# ## Next
#
# This network reads and names. Lesson 12 takes one that writes, tunes it to another domain of language, and asks what it forgets, how
# little may train, and whether one may believe it.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 이 신경망은 읽고 이름을 붙입니다. 12강에서는 글을 쓰는 신경망을 다른 분야의 언어로 조정하면서, 무엇을 잊는지, 얼마나 조금만 학습해도 되는지, 나온 글을 믿어도 되는지
# 알아봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Devlin et al., 2019, [BERT](https://arxiv.org/abs/1810.04805); Howard and Ruder, 2018,
#   [ULMFiT](https://arxiv.org/abs/1801.06146), where gradual unfreezing comes from
# - Keras: [text classification with KerasHub](https://keras.io/keras_hub/guides/classifier_task/)
# - [NSMC](https://github.com/e9t/nsmc), the Korean film reviews
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Devlin 등, 2019, [BERT](https://arxiv.org/abs/1810.04805). Howard와 Ruder, 2018,
#   [ULMFiT](https://arxiv.org/abs/1801.06146). 점진적 동결 해제가 나온 논문입니다
# - Keras: [KerasHub로 텍스트 분류하기](https://keras.io/keras_hub/guides/classifier_task/)
# - 한국어 영화 감상평 [NSMC](https://github.com/e9t/nsmc)
