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
# ⏱ 40 minutes · Needs: lessons 05 to 07 · Runs in about a minute on a laptop
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
# ⏱ 40분 · 먼저 볼 것: 5강, 6강, 7강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import numpy as np

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
# Plausible, mostly. To fill such gaps one has to know which words go together, and some grammar. The hope of all pre-training is the
# same as with letters and photos: that what it took to do this is of use elsewhere.
# %% [markdown] lang="ko"
# 대체로 그럴듯합니다. 이런 빈 곳을 채우려면 어떤 낱말이 함께 쓰이는지, 그리고 문법을 조금은 알아야 합니다. 글자나 사진 때와 마찬가지로, 이 일을 하느라 배운 것이 다른
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
texts = {part: [tokenizer.decode(row) for row in split.inputs] for part, split in task.splits.items()}
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
UPDATES = 150
runs = {
    name: ft.fit(model, task, name, updates=UPDATES, seed=0, verbose=False)
    for name in ("scratch", "feature_extraction_long", "lp_ft")
}
found = {"letters counted": by_letters} | {name: run.val_accuracy for name, run in runs.items()}
ft.show(
    plots.bars(found, "Ten labels for each class", "Validation accuracy", percent=True),
    alt="Bars of validation accuracy: letters counted, the network from scratch, the frozen one, and LP-FT.",
)
assert found["lp_ft"] > found["scratch"]
