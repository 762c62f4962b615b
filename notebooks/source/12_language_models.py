# %% [markdown] lang="en"
# # A language model in a domain
#
# So far every network looked at pictures. This one reads and writes. The three ideas stay as they were: a backbone made of
# stages, a strategy that says what trains, a run that shows evidence. New are the input, the head and the score.
#
# **Questions**
# - How does a network read text, and how does it write?
# - What does fine-tuning to a domain gain, and what does it cost?
# - How little need one train? And may one believe what comes out?
#
# **You will**
# - cut text into pieces, and score a model in bits per byte
# - tune a small GPT from documentation to legal English, and see what it writes before and after
# - write LoRA yourself, and compare strategies from recorded seeds
# - answer questions with a network that points at the answer, and with one that invents it
#
# ⏱ {{minutes}} minutes · Needs: lessons 06, 07 and 09 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 언어 모델을 내 분야로
#
# 지금까지 신경망은 모두 그림을 보았습니다. 이번 신경망은 읽고 씁니다. 세 가지 생각은 그대로입니다. 스테이지(stage)로 이루어진 백본(backbone), 무엇을
# 학습할지 정하는 전략, 증거를 남기는 실행입니다. 새로운 것은 입력과 헤드(head)와 점수입니다.
#
# **질문**
# - 신경망은 글을 어떻게 읽고, 어떻게 쓸까요?
# - 한 분야로 미세 조정(fine-tuning)하면 무엇을 얻고 무엇을 잃을까요?
# - 얼마나 조금만 학습해도 될까요? 나온 글은 믿어도 될까요?
#
# **이 수업을 마치면**
# - 글을 조각으로 나누고, 모델을 바이트당 비트(bits per byte)로 평가할 수 있습니다
# - 문서를 쓰던 작은 GPT를 법률 영어로 조정하고, 조정 전과 후에 쓴 글을 견줄 수 있습니다
# - LoRA를 직접 구현하고, 여러 시드의 기록으로 전략을 비교할 수 있습니다
# - 답이 있는 곳을 가리키는 신경망과 답을 지어내는 신경망에 같은 질문을 해 봅니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강, 7강, 9강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses

import numpy as np
from scipy.stats import t

import ftlib as ft
from ftlib import plots

NAME = "minigpt"  # on a GPU also "hub:gpt2_base_en", with the same cells
UPDATES = 80  # of each training here
tokenizer, model = ft.load_tokenizer(NAME), ft.language_model(NAME)
for stage in ft.stages(model):
    print(f"{stage.name:<8}{stage.params:>10,} weights")
# %% [markdown] lang="en"
# `minigpt` is a GPT: a transformer that reads from left to right. This project pre-trained it on the documentation of NumPy,
# SciPy, scikit-learn, Keras, Matplotlib and scikit-image, twelve million characters, in half an hour on one core. A large GPT has
# ten thousand times as many weights, and works in the same way.
# %% [markdown] lang="ko"
# `minigpt`는 왼쪽에서 오른쪽으로 읽는 트랜스포머(transformer), 곧 GPT입니다. 이 프로젝트가 NumPy, SciPy, scikit-learn, Keras, Matplotlib,
# scikit-image의 문서 1,200만 자로 코어 하나에서 30분쯤 사전 학습(pre-training)했습니다. 큰 GPT는 가중치가 만 배 많을 뿐 똑같은 방식으로 움직입니다.
# %% [markdown] lang="en"
# ## Text becomes numbers
#
# A network needs numbers. The *tokenizer* cuts a text into pieces of its vocabulary, {{len(tokenizer):,}} of them, and each piece
# has a number. `▁` marks a space.
#
# **Predict.** Both sentences have about forty letters. Which one takes more pieces?
# %% [markdown] lang="ko"
# ## 글을 숫자로
#
# 신경망에는 숫자가 필요합니다. *토크나이저*(tokenizer)는 글을 어휘(vocabulary)에 있는 조각으로 나눕니다. 조각은 {{len(tokenizer):,}}개이고 저마다 번호가
# 있습니다. `▁`는 빈칸입니다.
#
# **예측해 보세요.** 두 문장 모두 40자쯤입니다. 어느 쪽이 더 많은 조각으로 나뉠까요?
# %%
documentation = "Returns the maximum value along an axis."
law = "The Licensor shall indemnify the grantee."
for text in (documentation, law):
    print(
        len(text),
        "letters,",
        len(tokenizer.split(text)),
        "pieces:",
        *tokenizer.split(text),
    )
assert len(tokenizer.split(law)) > 1.3 * len(tokenizer.split(documentation))
# %% [markdown] lang="en"
# The vocabulary was learnt from documentation: pairs of pieces that often stand together became one (byte-pair encoding; Sennrich
# et al., 2016). So `▁Returns` is one piece, and legal words fall apart. What is common in the pre-training is short, what is rare
# is long. That, too, is something one inherits.
# %% [markdown] lang="ko"
# 이 어휘도 문서에서 배운 것입니다. 자주 나란히 나오는 조각 둘을 하나로 합치기를 되풀이했습니다(byte-pair encoding; Sennrich 등, 2016). 그래서 `▁Returns`는 조각
# 하나이고, 법률 낱말은 잘게 부서집니다. 사전 학습에서 흔했던 것은 짧고 드물었던 것은 깁니다. 이것도 물려받는 것입니다.
# %% [markdown] lang="en"
# ## What it says next
#
# The output is a row of probabilities for each place: which piece comes next? Nothing else was ever asked of it. Its teacher is the
# text itself, so no one had to label anything.
# %% [markdown] lang="ko"
# ## 다음에 올 조각
#
# 출력은 자리마다 하나씩 있는 확률의 줄입니다. 다음에 어떤 조각이 올까요? 물어본 것은 이것뿐입니다. 글 자체가 정답이므로 아무도 레이블을 달 필요가
# 없었습니다.
# %%
def next_pieces(model, text, count=6):
    """The likeliest pieces after a text, with their probabilities."""
    ids = tokenizer.encode([text], length=model.input_shape[1] or 64)
    last = np.flatnonzero(ids[0])[-1] - 1  # the mark of the end is taken off again
    ids[0, last + 1] = 0
    logits = np.array(model(ids))[0, last].astype("float64")
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return {repr(tokenizer.pieces[i]): shares[i] for i in np.argsort(-shares)[:count]}

likely = next_pieces(model, "Return the maximum of an")
ft.show(
    plots.bars(likely, "Return the maximum of an ...", "Probability", percent=True),
    alt="Bars of the probabilities of the six likeliest next pieces after 'Return "
    "the maximum of an'.",
)
assert 0.05 < sum(likely.values()) < 1
# %% [markdown] lang="en"
# To write, draw a piece by these probabilities, put it at the end, and ask again. `ft.generate_text` does that. With a *temperature*
# below 1 the likely becomes likelier.
#
# **Predict.** Which will be right: the words, the grammar, the meaning?
# %% [markdown] lang="ko"
# 글을 쓸 때는 이 확률로 조각 하나를 뽑아 끝에 붙이고 다시 묻습니다. `ft.generate_text`가 하는 일입니다. *온도*(temperature)가 1보다 낮으면 그럴듯한 조각이
# 더 자주 뽑힙니다.
#
# **예측해 보세요.** 낱말, 문법, 뜻 가운데 어디까지 맞을까요?
# %%
def write(model, prompt, count=2, tokens=45, seed=3, **options):
    for text in ft.generate_text(
        model, prompt, count, tokens, seed=seed, tokenizer=tokenizer, **options
    ):
        print(prompt + text + "\n" + "-" * 60)

write(model, "Return the maximum")
# %% [markdown] lang="en"
# Words and layout are those of documentation; the meaning is not there. It has learnt how such texts go on, and nothing of what
# they are about. Keep that in mind for the end of this lesson.
# %% [markdown] lang="ko"
# 낱말과 모양새는 영락없는 문서인데 뜻은 없습니다. 이런 글이 어떻게 이어지는지를 배웠을 뿐, 무엇에 대한 글인지는 배우지 않았습니다. 수업 끝까지 기억해 두세요.
# %% [markdown] lang="en"
# ## The domain
#
# Legal English lies on your machine, too: the licences of the installed packages, each paragraph once. It is a small domain:
# a few hundred rows to learn from.
# %% [markdown] lang="ko"
# ## 새 분야
#
# 법률 영어도 여러분의 컴퓨터에 있습니다. 설치된 패키지들의 라이선스입니다. 같은 문단은 한 번만 씁니다. 몇백 줄로
# 배우는 작은 분야입니다.
# %%
task, pages = (
    ft.load_task("licences", tokenizer=tokenizer),
    ft.load_task("docstring_pages", tokenizer=tokenizer),
)
print(task)
print(tokenizer.decode(task.train.inputs[9]))
# %% [markdown] lang="en"
# A row is its own target: at each place the next piece is wanted. The loss is the cross-entropy of lesson 01, the mean over all
# places. Its exponential is the *perplexity*: among so many equally likely pieces the model seems to choose.
#
# **Predict.** Among how many pieces does it choose in documentation that it has not seen? And in licences?
# %% [markdown] lang="ko"
# 입력 줄이 곧 정답입니다. 자리마다 다음 조각을 맞혀야 합니다. 손실은 1강의 교차 엔트로피(cross-entropy)를 모든 자리에서 평균한 값입니다. 그 지수가
# *퍼플렉서티*(perplexity)입니다. 똑같이 그럴듯한 조각 몇 개 가운데서 고르는 셈인지를 뜻합니다.
#
# **예측해 보세요.** 본 적 없는 문서에서는 몇 개 가운데서 고르는 셈일까요? 라이선스에서는 어떨까요?
# %%
old, new = ft.evaluate(model, pages), ft.evaluate(model, task)
for name, scores in {"documentation": old, "licences": new}.items():
    print(
        f"{name:<14} perplexity {scores['perplexity']:6.1f}   bits per byte "
        f"{scores['bits_per_byte']:.2f}"
    )
assert new["perplexity"] > 2 * old["perplexity"]
# %% [markdown] lang="en"
# ### Exercise 1: bits per byte
#
# Perplexity depends on the pieces: with shorter ones each is easier to guess. Per byte of text, models with any vocabulary compare.
# Write it from the loss (nats a piece) and the bytes that a piece stands for. A bit is $\ln 2$ nats.
# %% [markdown] lang="ko"
# ### 연습 1: 바이트당 비트
#
# 퍼플렉서티는 조각에 달려 있습니다. 조각이 짧으면 하나하나는 맞히기 쉽습니다. 글 1바이트를 기준으로 하면 어휘가 다른 모델끼리도 비교할 수 있습니다.
# 손실(조각당 내트)과 조각 하나가 나타내는 바이트 수로 구해 보세요. 1비트는 $\ln 2$내트입니다.
# %% tags=["exercise"]
def bits_per_byte(loss, bytes_per_token):
    return ...

# Stuck? ft.hint("12.1"), then ft.solution("12.1")
ft.check("12.1", bits_per_byte)
# %% [markdown] lang="en"
# ## Fine-tuning
#
# The head stays: the vocabulary is the same. So there is nothing to put on, and everything trains, at a rate of 1e-3, higher than
# for pictures. A row holds {{task.input_shape[0] - 1}} guesses, so 8 rows make an update.
#
# **Predict.** After {{UPDATES}} updates, among how many pieces does it seem to choose in licences?
# %% [markdown] lang="ko"
# ## 미세 조정
#
# 어휘가 같으므로 헤드를 그대로 씁니다. 새로 얹을 것이 없으니 전체를 학습합니다. 학습률은 그림 때보다 높은 1e-3입니다. 한 줄에
# 맞힐 자리가 {{task.input_shape[0] - 1}}개 있으니, 업데이트 한 번에 8줄이면 됩니다.
#
# **예측해 보세요.** 업데이트 {{UPDATES}}번 뒤에는 라이선스에서 조각 몇 개 가운데서 고르는 셈일까요?
# %%
def everything(start, rate):
    """The strategy that trains all stages at once."""
    full = ft.strategy("full")
    return dataclasses.replace(
        full,
        name=start,
        start=start,
        phases=(dataclasses.replace(full.phases[0], rate=rate),),
    )

settings = dict(updates=UPDATES, batch_size=8, seed=0, verbose=False)
run = ft.fit(model, task, everything("pretrained", 1e-3), **settings)
tuned = run.score("validation")
print(
    f"licences: perplexity {new['perplexity']:.1f} before, {tuned['perplexity']:.1f} "
    "after"
)
assert tuned["perplexity"] < 0.6 * new["perplexity"]
# %%
write(run, "You may not")
# %% [markdown] lang="en"
# It writes licences now: rights, warranties, the work. {{UPDATES}} updates, some seconds. Is that transfer, or would any network have
# learnt it? As always, the control is the same network with random weights and the same updates.
# %% [markdown] lang="ko"
# 이제 라이선스를 씁니다. 업데이트 {{UPDATES}}번, 몇 초 만입니다. 이것은 전이(transfer) 덕분일까요, 아니면 어떤 신경망이든 배웠을까요? 늘 그렇듯 대조군은
# 무작위 가중치에서 출발해 똑같이 업데이트한 같은 신경망입니다.
# %%
scratch = ft.fit(model, task, everything("random", 1e-3), **settings)
bits = {
    "from scratch": scratch.score("validation")["bits_per_byte"],
    "before": new["bits_per_byte"],
    "fine-tuned": tuned["bits_per_byte"],
}
ft.show(
    plots.bars(
        bits,
        "Documentation helps with the law",
        "Bits per byte on licences (less is better)",
        digits=2,
    ),
    alt="Bars of bits per byte on licences: the network from scratch needs most, the "
    "pre-trained one before tuning fewer or as many, the fine-tuned one fewest.",
)
assert bits["fine-tuned"] < bits["from scratch"] - 0.3
# %% [markdown] lang="en"
# Documentation is no law, but it is English. Grammar, common words, how a sentence ends: that carried over, and the few updates went
# into what is new.
# %% [markdown] lang="ko"
# 문서는 법률이 아니지만 영어이기는 합니다. 문법, 흔한 낱말, 문장이 끝나는 방식이 그대로 전해졌고, 얼마 안 되는 업데이트는 새로운 것을 배우는 데 쓰였습니다.
# %% [markdown] lang="en"
# ## What it forgot
#
# Lesson 09 again: what became of the documentation? `ft.forgetting` reads it through the model before and after.
#
# **Predict.** How does the tuned model go on after "Return the maximum"?
# %% [markdown] lang="ko"
# ## 무엇을 잊었을까요?
#
# 9강이 다시 나옵니다. 문서는 어떻게 되었을까요? `ft.forgetting`은 조정 전과 후의 모델로 문서를 읽습니다.
#
# **예측해 보세요.** 조정한 모델은 "Return the maximum" 다음을 어떻게 이어 갈까요?
# %%
found = ft.forgetting(run, pages, examples=60)
print(f"documentation: perplexity {found.before:.1f} before, {found.after:.1f} after")
write(run, "Return the maximum", count=1)
assert found.after > 1.3 * found.before
# %% [markdown] lang="en"
# It speaks of the law where documentation is asked for. The head was its own, and the whole network was free to move, so nothing held
# it. Everything from lesson 09 applies: lower rates, fewer weights that move, and practice of the old. We take them in turn.
# %% [markdown] lang="ko"
# 문서를 써야 할 자리에서 법률을 이야기합니다. 헤드도 자기 것이고 신경망 전체가 자유롭게 움직였으니 붙들어 주는 것이 없었습니다. 9강에서 배운 것이 모두
# 통합니다. 낮은 학습률, 움직이는 가중치 줄이기, 옛것 연습하기입니다. 차례로 봅시다.
# %% [markdown] lang="en"
# ## Few weights: LoRA
#
# A large language model has more weights than most computers can train. LoRA (Hu et al., 2022) freezes all of them and adds to some
# kernels $W$ the product of two thin matrices: $W + A B$, with $A$ of $n \times r$ and $B$ of $r \times m$ numbers. $r$ is the *rank*.
# $B$ starts at zero, so at first nothing changes.
# %% [markdown] lang="ko"
# ## 가중치 조금만: LoRA
#
# 큰 언어 모델은 가중치가 너무 많아 웬만한 컴퓨터로는 학습할 수 없습니다. LoRA(Hu 등, 2022)는 전부 동결하고, 커널 $W$ 몇 개에 얇은 행렬 두 개의 곱을 더합니다.
# $W + A B$에서 $A$는 $n \times r$개, $B$는 $r \times m$개의 숫자이고, $r$이 *랭크*(rank)입니다. $B$는 0에서 출발하므로 처음에는 아무것도 달라지지 않습니다.
# %% [markdown] lang="en"
# ### Exercise 2: LoRA
#
# Return the outputs of a layer `x @ kernel` with the addition of `first` ($A$) and `second` ($B$), without building a second full
# kernel: that is the point of it. And return how many numbers train.
# %% [markdown] lang="ko"
# ### 연습 2: LoRA
#
# `first`($A$)와 `second`($B$)를 더한 층 `x @ kernel`의 출력을 돌려주세요. 커널만 한 행렬을 하나 더 만들지 않아야 합니다. 그것이 LoRA의 요점입니다. 학습하는 숫자의
# 개수도 함께 돌려주세요.
# %% tags=["exercise"]
def lora(x, kernel, first, second):
    return ..., ...

# Stuck? ft.hint("12.2"), then ft.solution("12.2")
ft.check("12.2", lora)
# %% [markdown] lang="en"
# Now on `minigpt`, in the kernels of query and value, live, with a rank of 4. The head is frozen, too.
#
# **Predict.** Compared with training everything: how much of the gain, and how much of the forgetting?
# %% [markdown] lang="ko"
# 이제 `minigpt`의 질의(query)와 값(value) 커널에 랭크 4로 직접 해 봅니다. 헤드도 동결합니다.
#
# **예측해 보세요.** 전체를 학습할 때와 견주어 얻는 것은 얼마나 되고, 잊는 것은 얼마나 될까요?
# %%
low_rank = ft.Strategy(
    "lora 4",
    "pretrained",
    (ft.Phase("lora", "lora", rate=1e-2, rank=4, frozen_head=True),),
)
light = ft.fit(model, task, low_rank, **settings)
kept = ft.forgetting(light, pages, examples=60)
for name, one, forgot in (("everything", run, found), ("LoRA, rank 4", light, kept)):
    trained = one.phases[-1]["trainable"]
    print(
        f"{name:<14}{trained:>9,} weights   licences "
        f"{one.score('validation')['perplexity']:6.1f}   documentation "
        f"{forgot.after:6.1f}"
    )
assert light.phases[-1]["trainable"] < 0.02 * run.phases[-1]["trainable"]
assert (
    light.score("validation")["perplexity"] < new["perplexity"]
    and kept.after < found.after
)
# %%
def bits_of(one):
    return one.score("validation")["bits_per_byte"]

gain = (new["bits_per_byte"] - bits_of(light)) / (new["bits_per_byte"] - bits_of(run))
assert 0.1 < gain < 1
print(f"LoRA, rank 4: {100 * gain:.0f} % of the gain")
# %% [markdown] lang="en"
# With {{100 * light.phases[-1]["trainable"] / run.phases[-1]["trainable"]:.1f}} % of the weights it gets
# {{100 * gain:.0f}} % of the gain (in bits) and forgets less. The additions fit into a small file, one for each domain, over one
# frozen model. That, and the memory it saves on a GPU, is why LoRA is everywhere.
# %% [markdown] lang="ko"
# 가중치의 {{100 * light.phases[-1]["trainable"] / run.phases[-1]["trainable"]:.1f}}%만으로 이득의 {{100 * gain:.0f}}%를 얻고(비트 기준) 덜 잊습니다. 더한 값은
# 작은 파일 하나에 담기므로, 동결한 모델 하나에 분야마다 파일 하나씩만 두면 됩니다. GPU 메모리도 아낍니다. LoRA를 어디서나 쓰는 이유입니다.
# %% [markdown] lang="en"
# ## One seed is an anecdote
#
# The record holds five seeds of each method, all with equal updates and a rate chosen on validation: everything, a rate for each stage,
# the last stage alone, LoRA of three ranks, replay (some of the rows are of the old text), and the control from scratch.
#
# **Predict.** Which method learns most, and which forgets least?
# %% [markdown] lang="ko"
# ## 시드 하나는 일화일 뿐입니다
#
# 기록에는 방법마다 시드 다섯 개가 있습니다. 업데이트 수는 모두 같고 학습률은 검증 데이터로 골랐습니다. 전체, 스테이지마다 다른 학습률, 마지막 스테이지만, 랭크가 다른
# LoRA 셋, 리플레이(replay, 학습 줄의 일부를 옛 글로 채움), 그리고 처음부터 학습한 대조군입니다.
#
# **예측해 보세요.** 어느 방법이 가장 많이 배우고, 어느 방법이 가장 덜 잊을까요?
# %%
record = ft.track("glyph").recorded("language")

def seeds(pair, method, score):
    """What the recorded seeds of a method scored."""
    return record.scores(score, pair=pair, method=method)

def interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half
# %%
pairs = list(record["before"])
for pair, before in record["before"].items():
    print(
        f"{pair}\n{'before':<20}{before['test_bits']:>19.2f}"
        f"{before['source_bits']:>16.2f}"
    )
    for method in dict.fromkeys(row["method"] for row in record["rows"]):
        mean, low, high = interval(seeds(pair, method, "test_bits"))
        trained, old = (
            seeds(pair, method, "trainable")[0],
            np.mean(seeds(pair, method, "source_bits")),
        )
        print(
            f"{method:<20}{mean:>5.2f} "
            f"({low:.2f}-{high:.2f}){old:>16.2f}{trained:>14,} weights"
        )
# %%
series = {}
for name in ("everything", "a rate per stage", "last stage", "LoRA", "replay"):
    methods = {
        "LoRA": ["LoRA 1", "LoRA 4", "LoRA 16"],
        "replay": ["replay 0.1", "replay 0.5"],
    }.get(name, [name])
    series[name] = [
        {
            "x": interval(seeds(pairs[0], m, "test_bits")),
            "y": interval(seeds(pairs[0], m, "source_bits")),
            "label": m.removeprefix(name),
        }
        for m in methods
    ]
# %%
fig = plots.trade_off(
    series,
    "Bits per byte on licences",
    "Bits per byte on documentation",
    "To the left is learnt, low is kept",
    percent=False,
)
ft.show(
    fig,
    alt="Bits per byte on documentation against bits per byte on licences, with "
    "intervals, for methods that train everything, one stage, LoRA of three ranks, "
    "and everything with replay.",
)
# %%
def mean(pair, method, score="test_bits"):
    return np.mean(seeds(pair, method, score))

was = record["before"][pairs[0]]["source_bits"]
lost = {
    m: mean(pairs[0], m, "source_bits") - was
    for m in ("everything", "last stage", "LoRA 16", "replay 0.5")
}
assert all(
    max(seeds(pair, "everything", "test_bits"))
    < min(seeds(pair, "scratch", "test_bits"))
    for pair in pairs
)
assert (
    mean(pairs[0], "last stage") < mean(pairs[0], "everything") + 0.1
    and lost["last stage"] < lost["everything"]
)
assert mean(pairs[0], "LoRA 1") > mean(pairs[0], "LoRA 4") > mean(pairs[0], "LoRA 16")
assert (
    mean(pairs[0], "replay 0.5") < mean(pairs[0], "LoRA 16")
    and lost["replay 0.5"] < lost["LoRA 16"]
)
print({method: f"{bits:+.2f} bits of documentation" for method, bits in lost.items()})
manual, medical = pairs[1:]
assert all(
    mean(pair, "last stage") > mean(pair, "everything") + 0.2
    for pair in (manual, medical)
)
# %% [markdown] lang="en"
# - From scratch, so few updates give {{mean(pairs[0], "scratch"):.2f}} bits per byte, the pre-trained network
#   {{mean(pairs[0], "everything"):.2f}}. Transfer wins by far.
# - The last stage alone gets nearly all of it and loses {{lost["last stage"]:.2f}} bits of documentation instead of
#   {{lost["everything"]:.2f}}.
# - LoRA forgets least and learns least; a higher rank goes further along the same road. Replay of one half is better than rank 16 at both:
#   its price is the old text.
# - Is it this pair? `stories260K` is a small Llama that others trained on children's stories. Tuned to Python's manual it
#   reaches {{mean(manual, "everything"):.2f}} bits ({{mean(manual, "scratch"):.2f}} from scratch), to medical answers
#   {{mean(medical, "everything"):.2f}} ({{mean(medical, "scratch"):.2f}}): transfer wins again. But there the last stage stays at
#   {{mean(manual, "last stage"):.2f}} and {{mean(medical, "last stage"):.2f}}, and LoRA of rank 16 at {{mean(manual, "LoRA 16"):.2f}} and
#   {{mean(medical, "LoRA 16"):.2f}}. So far from its source, more of a network has to move.
# - Replay can be cheap: with one tenth of stories the network keeps them at {{mean(manual, "replay 0.1", "source_bits"):.2f}} bits
#   instead of {{mean(manual, "everything", "source_bits"):.2f}}, for {{mean(manual, "replay 0.1") - mean(manual, "everything"):.2f}} bits
#   of the manual.
#
# For most methods validation chose the highest of two or three rates, so each may have more in it than we found.
# %% [markdown] lang="ko"
# - 처음부터 학습하면 이만큼의 업데이트로는 바이트당 {{mean(pairs[0], "scratch"):.2f}}비트이고, 사전 학습한 신경망은 {{mean(pairs[0], "everything"):.2f}}비트입니다. 전이가
#   크게 이깁니다.
# - 마지막 스테이지만 학습해도 이득을 거의 다 얻습니다. 문서에서 잃는 것은 {{lost["everything"]:.2f}}비트가 아니라 {{lost["last stage"]:.2f}}비트입니다.
# - LoRA는 가장 덜 잊고 가장 덜 배웁니다. 랭크를 높이면 같은 길을 더 갈 뿐입니다. 절반을 옛 글로 채운 리플레이는 두 가지 모두 랭크 16보다 낫습니다. 그
#   대신 옛 글이 있어야 합니다.
# - 이 쌍만 그럴까요? `stories260K`는 다른 사람들이 동화로 학습한 작은 Llama입니다. Python 설명서에 맞추면 {{mean(manual, "everything"):.2f}}비트(처음부터
#   학습하면 {{mean(manual, "scratch"):.2f}}), 의료 답변에 맞추면 {{mean(medical, "everything"):.2f}}비트({{mean(medical, "scratch"):.2f}})로 이번에도 전이가 이깁니다.
#   그런데 마지막 스테이지만 학습하면 {{mean(manual, "last stage"):.2f}}와 {{mean(medical, "last stage"):.2f}}, 랭크 16의 LoRA는
#   {{mean(manual, "LoRA 16"):.2f}}와 {{mean(medical, "LoRA 16"):.2f}}에 그칩니다. 원천에서 이만큼 멀면 더 많은 가중치가 움직여야 합니다.
# - 리플레이는 쌀 수도 있습니다. 동화를 10분의 1만 섞어도 동화가 {{mean(manual, "everything", "source_bits"):.2f}}비트가 아니라
#   {{mean(manual, "replay 0.1", "source_bits"):.2f}}비트로 남고, 설명서에서 치르는 값은
#   {{mean(manual, "replay 0.1") - mean(manual, "everything"):.2f}}비트입니다.
#
# 거의 모든 방법에서 검증 데이터는 두세 가지 학습률 중 가장 높은 것을 골랐습니다. 그러니 방법마다 여기서 본 것보다 더 나아질 여지가 있습니다.
# %% [markdown] lang="en"
# ## Temperature
#
# Divide the logits by a number before they become probabilities: below 1 the likely gains, above 1 the unlikely does, and near 0 only
# the likeliest is left.
#
# **Predict.** What does a text at temperature 0 look like, and one at 1.5?
# %% [markdown] lang="ko"
# ## 온도
#
# 로짓(logit)을 확률로 바꾸기 전에 어떤 수로 나눕니다. 1보다 작으면 그럴듯한 조각이, 1보다 크면 뜻밖의 조각이 유리해지고, 0에 가까우면 가장 그럴듯한 것만
# 남습니다.
#
# **예측해 보세요.** 온도가 0이면 어떤 글이 나오고, 1.5이면 어떤 글이 나올까요?
# %%
for temperature in (0, 0.8, 1.5):
    print(f"temperature {temperature}")
    write(run, "The Licensee", count=1, tokens=40, temperature=temperature)
# %% [markdown] lang="en"
# ### Exercise 3: temperature
#
# Return the probabilities of `logits` at a temperature above 0. Logits may be in the thousands: subtract the largest first, so that
# nothing overflows.
# %% [markdown] lang="ko"
# ### 연습 3: 온도
#
# 온도가 0보다 클 때 `logits`의 확률을 돌려주세요. 로짓은 수천이 될 수도 있습니다. 가장 큰 값을 먼저 빼면 넘치지 않습니다.
# %% tags=["exercise"]
def probabilities(logits, temperature):
    return ...

# Stuck? ft.hint("12.3"), then ft.solution("12.3")
ft.check("12.3", probabilities)
# %% [markdown] lang="en"
# ## Ask it something
#
# People ask language models questions. There are two ways to answer. One *points*: given a question and a passage, it says where in the
# passage the answer begins and ends. The other *writes*. First the one that points: `minibert`, which reads to the left and to the
# right.
# %% [markdown] lang="ko"
# ## 질문하기
#
# 사람들은 언어 모델에 질문을 합니다. 답하는 길은 두 가지입니다. 하나는 *가리킵니다*. 질문과 지문을 주면 답이 지문의 어디에서 시작해 어디에서 끝나는지 말합니다.
# 다른 하나는 *씁니다*. 먼저 가리키는 쪽을 봅시다. 왼쪽과 오른쪽을 모두 읽는 `minibert`입니다.
# %%
questions = ft.load_task("docstring_questions")
reader = ft.with_head(ft.load_backbone("minibert"), questions)
target = questions.train.targets[0]
print(questions.tokenizer.decode(questions.train.inputs[0]))
print("answer:", target.answers[0], "| tokens", target.start, "to", target.end)
# %% [markdown] lang="en"
# The head gives each piece two numbers: how much it looks like the first of the answer, and like the last. Nothing else is new.
# Scores are those of SQuAD: *exact match*, and F1 of the words.
#
# **Predict.** Three parameters stand in each passage. What does always pointing at the same place get? And the tuned reader?
# %% [markdown] lang="ko"
# 헤드는 조각마다 숫자를 두 개 냅니다. 답의 첫 조각 같은 정도와 마지막 조각 같은 정도입니다. 그 밖에 새로운 것은 없습니다. 점수는 SQuAD의 것으로, *정확히
# 일치*(exact match)한 비율과 낱말의 F1입니다.
#
# **예측해 보세요.** 지문마다 매개변수가 세 개 있습니다. 늘 같은 자리만 가리키면 얼마나 맞을까요? 조정한 모델은 어떨까요?
# %%
answers = ft.fit(reader, questions, "lp_ft", updates=200, seed=0, verbose=False)
print("always the same place:", answers.baseline("validation"))
print("tuned:                ", answers.score("validation"))
# %% [markdown] lang="en"
# A third would be right by pointing at the default, or the type, of any of the three. Has it learnt what an answer looks like, or also which
# one was asked for? And what did the pre-training add? The record holds five draws of questions.
# %% [markdown] lang="ko"
# 셋 가운데 아무 매개변수의 기본값이나 타입을 가리켜도 3분의 1은 맞습니다. 답이 어떻게 생겼는지만 배웠을까요, 무엇을 물었는지도 알아들을까요? 사전 학습은 얼마나 보탰을까요?
# 기록에는 질문을 다섯 번 뽑은 결과가 있습니다.
# %%
asked = ft.track("glyph").recorded("questions")

def f1(count, method):
    """Test F1 of the recorded draws of questions."""
    return asked.scores("test_f1", labels=count, method=method)

names = {
    "baseline": "always the same place", "frozen": "frozen",
    "lp_ft": "LP-FT", "scratch": "from scratch",
}
print(f"{'F1 on test, %':<24}{'500 questions':<22}2,000 questions")
for method, name in names.items():
    cells = [interval(100 * f1(count, method)) for count in (500, 2000)]
    told = [f"{middle:.1f} ({low:.1f} to {high:.1f})" for middle, low, high in cells]
    print(f"{name:<24}{told[0]:<22}{told[1]}")
assert f1(500, "scratch").mean() > f1(500, "frozen").mean() > f1(500, "baseline").mean()
differences = [f1(count, "lp_ft") - f1(count, "scratch") for count in (500, 2000)]
assert all(min(interval(difference)) < 0 for difference in differences)

wikipedia = ft.track("glyph").recorded("squad")
parts_of = wikipedia["settings"]["questions"]
learnt = {name: parts["train"] for name, parts in parts_of.items()}
# %% [markdown] lang="en"
# A third is what pointing at any default, or any type, would give. The tuned network is well above it: it reads the question. But so is the
# same network from scratch, and with 2,000 questions the difference to LP-FT is
# {{100 * (f1(2000, "lp_ft") - f1(2000, "scratch")).mean():+.1f}} points, with an interval that holds 0. `minibert` learnt to name pieces of
# reviews and sentences. To find the line that begins with the name in the question is another skill, which a few hundred questions teach.
# Frozen, it stays at {{100 * f1(2000, "frozen").mean():.0f}} %. Transfer does not always pay, and only the control says so.
# %% [markdown] lang="ko"
# 아무 기본값이나 타입을 가리키면 3분의 1쯤 맞습니다. 조정한 신경망은 그보다 훨씬 높으니, 질문을 읽고 있습니다. 그런데 처음부터 학습한 같은 신경망도 그렇습니다. 질문이 2,000개일 때
# LP-FT와의 차이는 {{100 * (f1(2000, "lp_ft") - f1(2000, "scratch")).mean():+.1f}}점이고, 그 구간에는 0이 들어 있습니다. `minibert`는 감상평과 문장의 조각을 맞히며 배웠습니다.
# 질문에 나온 이름으로 시작하는 줄을 찾는 것은 다른 기술이고, 질문 몇백 개면 배울 수 있습니다. 동결하면 {{100 * f1(2000, "frozen").mean():.0f}}%에 머뭅니다. 전이가 늘 이득은 아니며, 그것은
# 대조군만이 알려 줍니다.
# %% [markdown] lang="en"
# ## Questions that people asked
#
# Those questions were a game of our own. For *SQuAD* and its kin, people read paragraphs of Wikipedia and asked what can be answered by
# pointing. The record holds two of them: *KorQuAD*, Korean, with `minibert`, and *XQuAD*, English, with MiniLM, the real BERT of lesson 11.
# {{learnt["korquad"]}} and {{learnt["xquad"]}} questions to learn from; those of the test are about other articles. Beside them stands a guess
# that needs no network: the words near which most words of the question stand.
#
# **Predict.** Frozen, will they beat that guess? And tuned?
# %% [markdown] lang="ko"
# ## 사람들이 던진 질문
#
# 앞의 질문은 저희가 만든 놀이입니다. *SQuAD*와 그 친척들은 사람들이 위키백과 문단을 읽고, 가리켜서 답할 수 있는 것을 물은 자료입니다. 기록에는 둘이 있습니다. 한국어 *KorQuAD*는 `minibert`로,
# 영어 *XQuAD*는 11강의 진짜 BERT인 MiniLM으로 풉니다. 학습할 질문은 {{learnt["korquad"]}}개와 {{learnt["xquad"]}}개이고, 테스트 질문은 다른 문서에 대한 것입니다. 그 옆에 신경망이
# 필요 없는 어림짐작을 둡니다. 질문의 낱말이 가장 많이 모여 있는 곳 근처의 낱말을 대는 방법입니다.
#
# **예측해 보세요.** 동결하면 이 어림짐작을 이길까요? 조정하면 어떨까요?
# %%
def answered(task, method, score="test_f1"):
    """Scores of the recorded seeds on questions about Wikipedia."""
    return wikipedia.scores(score, task=task, method=method)

ways = {
    "overlap": "words of the question", "scratch": "from scratch", "frozen": "frozen",
    "lp_ft": "LP-FT", "top": "last three blocks",
}
readers = {"korquad": "KorQuAD, minibert", "xquad": "XQuAD, MiniLM"}
for name, title in readers.items():
    tried = {row["method"] for row in wikipedia["rows"] if row["task"] == name}
    scores_of = {
        way: answered(name, method) for method, way in ways.items() if method in tried
    }
    bars = {
        way: interval(f1s) if len(f1s) > 1 else float(f1s[0])
        for way, f1s in scores_of.items()
    }
    fig = plots.bars(bars, title, "F1 on test", percent=True)
    ft.show(fig, alt=f"Bars of F1 with intervals, {title}: {', '.join(bars)}.")
# %%
korean = {way: answered("korquad", way) for way in ("frozen", "lp_ft", "scratch")}
english = {way: answered("xquad", way) for way in ("frozen", "top")}
gained = [100 * x for x in interval(korean["lp_ft"] - korean["scratch"])]
guessed = {name: answered(name, "overlap")[0] for name in readers}
exact = 100 * answered("xquad", "top", "test_exact_match").mean()
assert gained[1] > 0 and interval(korean["lp_ft"] - korean["frozen"])[1] > 0
assert min(english["top"]) > 2 * max(english["frozen"])
# %% [markdown] lang="en"
# Here it pays. In Korean the tuned `minibert` gets {{100 * korean["lp_ft"].mean():.0f}} %, the same network from scratch
# {{100 * korean["scratch"].mean():.0f}} %: {{gained[0]:.0f}} points more ({{gained[1]:.0f}} to {{gained[2]:.0f}}). Frozen, the two networks come out
# near the guess: {{100 * korean["frozen"].mean():.0f}} % against {{100 * guessed["korquad"]:.0f}} %, and {{100 * english["frozen"].mean():.0f}} % against
# {{100 * guessed["xquad"]:.0f}} %. Features that were made to name pieces, or to compare sentences, do not say where an answer begins. With three
# blocks tuned, MiniLM gets {{100 * english["top"].mean():.0f}} %, and {{exact:.0f}} % of the answers to the letter. It is larger than
# `minibert` and has read a billion pairs of sentences; which of the two it owes that to was not measured here. BERT with the 88,000 questions of SQuAD
# gets 88 % (Devlin et al., 2019).
# %% [markdown] lang="ko"
# 이번에는 이득입니다. 한국어에서 조정한 `minibert`는 {{100 * korean["lp_ft"].mean():.0f}}%, 처음부터 학습한 같은 신경망은 {{100 * korean["scratch"].mean():.0f}}%로, {{gained[0]:.0f}}점
# ({{gained[1]:.0f}}~{{gained[2]:.0f}}) 높습니다. 동결하면 두 신경망 모두 어림짐작과 비슷합니다. {{100 * guessed["korquad"]:.0f}}%에 대해 {{100 * korean["frozen"].mean():.0f}}%,
# {{100 * guessed["xquad"]:.0f}}%에 대해 {{100 * english["frozen"].mean():.0f}}%입니다. 조각을 맞히거나 문장을 견주려고 만든 특징에는 답이 어디서 시작하는지가 들어 있지 않습니다. 블록 세 개를
# 조정하면 MiniLM은 {{100 * english["top"].mean():.0f}}%를 얻고, 답의 {{exact:.0f}}%는 글자까지 맞힙니다. MiniLM은 `minibert`보다 크고 문장을 10억 쌍 읽었습니다. 둘 가운데 어느 것
# 덕분인지는 여기서 재지 않았습니다. SQuAD의 질문 8만 8천 개로 학습한 BERT는 88%입니다(Devlin 등, 2019).
# %% [markdown] lang="en"
# And the writer? We ask `minigpt` as documentation would put it, about a parameter that does not exist.
#
# **Predict.** Will it say that it does not know?
# %% [markdown] lang="ko"
# 쓰는 쪽은 어떨까요? `minigpt`에게 있지도 않은 매개변수를 문서처럼 물어봅니다.
#
# **예측해 보세요.** 모른다고 할까요?
# %%
write(model, "quantum_axis : int, default=", count=4, tokens=14)
# %% [markdown] lang="en"
# It answers, fluently, and each time otherwise. To invent is no fault in its design: it gives what is likely to stand there, and "I do
# not know" hardly ever stands in documentation. A pointer can be wrong, too, but you can look where it points. Where answers count, let
# the model quote a source.
# %% [markdown] lang="ko"
# 막힘없이 대답하고, 그때마다 다르게 말합니다. 지어내는 것은 고장이 아닙니다. 그 자리에 있을 법한 것을 낼 뿐이고, 문서에 "모릅니다"가 적혀 있는 일은 거의
# 없습니다. 가리키는 모델도 틀릴 수 있지만, 가리킨 곳을 들여다볼 수 있습니다. 답이 중요하다면 출처를 인용하게 하세요.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# The model is a plain Keras model, and the loss is one that Keras has. `ftlib` adds the proofs, the scores and the record.
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 모델은 보통의 Keras 모델이고, 손실도 Keras에 있는 것입니다. `ftlib`은 증명과 점수와 기록을 더합니다.
# %% tags=["folded"]
import keras

keras.utils.set_random_seed(0)
plain = keras.models.clone_model(model)
plain.set_weights(model.get_weights())
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
plain.compile(keras.optimizers.Adam(1e-3), loss)
ids = task.train.inputs
history = plain.fit(
    ids[:, :], np.roll(ids, -1, axis=1), batch_size=8, steps_per_epoch=20, verbose=0
)
print(f"loss over 20 updates: {history.history['loss'][0]:.2f} nats a piece")
assert history.history["loss"][0] < new["loss"] + 0.5
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 12.q1}}
# %% [markdown] lang="ko"
# {{quiz 12.q1}}
# %% tags=["exercise"]
ft.check("12.q1", ...)
# %% [markdown] lang="en"
# {{quiz 12.q2}}
# %% [markdown] lang="ko"
# {{quiz 12.q2}}
# %% tags=["exercise"]
ft.check("12.q2", ...)
# %% [markdown] lang="en"
# {{quiz 12.q3}}
# %% [markdown] lang="ko"
# {{quiz 12.q3}}
# %% tags=["exercise"]
ft.check("12.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A tokenizer makes numbers of text; a language model gives the next piece a probability. The text is its own teacher.
# - Perplexity depends on the vocabulary; bits per byte compare.
# - Tuned with {{UPDATES}} updates, the model went from {{new["bits_per_byte"]:.2f}} to {{tuned["bits_per_byte"]:.2f}} bits per byte of
#   legal English, the same network from scratch to {{bits["from scratch"]:.2f}}. Transfer pays here.
# - It forgot documentation meanwhile: perplexity {{found.before:.0f}} before, {{found.after:.0f}} after. Practice of the old
#   makes that less.
# - LoRA trains {{100 * light.phases[-1]["trainable"] / run.phases[-1]["trainable"]:.1f}} % of the weights and gets
#   {{100 * gain:.0f}} % of the gain.
# - A language model says what is likely. Whether it is true, it does not know; a model that points at a passage can be checked.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 토크나이저는 글을 숫자로 바꾸고, 언어 모델은 다음 조각의 확률을 냅니다. 글 자체가 정답입니다.
# - 퍼플렉서티는 어휘에 달려 있습니다. 비교하려면 바이트당 비트를 씁니다.
# - 업데이트 {{UPDATES}}번 만에 법률 영어의 바이트당 비트가 {{new["bits_per_byte"]:.2f}}에서 {{tuned["bits_per_byte"]:.2f}}로 줄었습니다. 같은 신경망을 처음부터
#   학습하면 {{bits["from scratch"]:.2f}}입니다. 여기서는 전이가 이득입니다.
# - 그동안 문서는 잊었습니다. 퍼플렉서티가 {{found.before:.0f}}에서 {{found.after:.0f}}로 올랐습니다. 옛것을 함께 연습하면 덜 잊습니다.
# - LoRA는 가중치의 {{100 * light.phases[-1]["trainable"] / run.phases[-1]["trainable"]:.1f}}%만 학습해서 이득의 {{100 * gain:.0f}}%를 얻습니다.
# - 언어 모델은 있을 법한 것을 말합니다. 사실인지는 모릅니다. 지문을 가리키는 모델은 확인할 수 있습니다.
# %% [markdown] lang="en"
# ## Next
#
# Lesson 13 asks for more than a name: what is in a picture, and where. Lesson 16 shows what a GPU changes: with it, the cells of this
# lesson run on a GPT a hundred times as large.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 13강에서는 이름보다 더 많은 것을 묻습니다. 그림에 무엇이, 어디에 있을까요? 16강에서는 GPU로 무엇이 달라지는지 봅니다. GPU가 있으면 이 수업의 셀을 백 배 큰 GPT로도 돌릴 수
# 있습니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Hu et al., 2022, [LoRA](https://arxiv.org/abs/2106.09685); Howard and Ruder, 2018,
#   [fine-tuning of language models in stages](https://arxiv.org/abs/1801.06146)
# - Keras: [text generation with KerasHub](https://keras.io/examples/generative/gpt2_text_generation_with_keras_hub/),
#   [LoRA on GPT-2](https://keras.io/examples/nlp/parameter_efficient_finetuning_of_gpt2_with_lora/)
# - Karpathy, [llama2.c](https://github.com/karpathy/llama2.c): a small Llama that tells stories, which `tools/stories.py` opens
#
# On Colab with a GPU, set `NAME = "hub:gpt2_base_en"` in the first cell and take longer rows: the cells stay the same.
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Hu 등, 2022, [LoRA](https://arxiv.org/abs/2106.09685). Howard와 Ruder, 2018,
#   [언어 모델을 단계별로 미세 조정하기](https://arxiv.org/abs/1801.06146)
# - Keras: [KerasHub로 글 생성하기](https://keras.io/examples/generative/gpt2_text_generation_with_keras_hub/),
#   [GPT-2에 LoRA 쓰기](https://keras.io/examples/nlp/parameter_efficient_finetuning_of_gpt2_with_lora/)
# - Karpathy, [llama2.c](https://github.com/karpathy/llama2.c). 동화를 쓰는 작은 Llama로, `tools/stories.py`로 열 수 있습니다
#
# Colab의 GPU에서는 첫 셀에 `NAME = "hub:gpt2_base_en"`을 넣고 줄을 더 길게 잡아 보세요. 나머지 셀은 그대로입니다.
