"""Answers that learners might give and that are wrong, with a part of what they should be told (in English).

`WRONG[name]` is a list of `(code, part of the message)`. The code runs after the exercise's `setup`; its last line is
the `ft.check(...)`. Every exercise has at least two.
"""

WRONG = {
    "00.1": [
        ('ft.check("00.1", 25 * 20)', "shown in all"),
        ('ft.check("00.1", 32 * 20)', "how many photos a batch may hold"),
        ('ft.check("00.1", 16)', "across epochs"),
        ('ft.check("00.1", 1)', "one epoch"),
        ('ft.check("00.1", 40)', "right for 50 images"),
        ('ft.check("00.1", 2)', "right for 50 images"),
        ('ft.check("00.1", 45)', "count the batches"),
        ('ft.check("00.1", "20")', "Expected one number"),
    ],
    "01.1": [
        (
            "def cross_entropy(probabilities, labels):\n"
            "    return np.log(probabilities[np.arange(len(labels)), labels]).mean()\n\n"
            'ft.check("01.1", cross_entropy)',
            "the sign is not",
        ),
        (
            "def cross_entropy(probabilities, labels):\n"
            "    return -np.log(probabilities[np.arange(len(labels)), labels]).sum()\n\n"
            'ft.check("01.1", cross_entropy)',
            "the sum over 5 images",
        ),
        (
            "def cross_entropy(probabilities, labels):\n"
            "    return -np.log(probabilities[np.arange(len(labels)), labels]).mean()\n\n"
            'ft.check("01.1", cross_entropy)',
            "whose right class has probability 0",
        ),
        ('ft.check("01.1", lambda p, labels: -np.log(p).mean())', "all classes"),
        ('ft.check("01.1", lambda p, labels: -np.log(p[np.arange(len(p)), labels]))', "one loss per image"),
        ('ft.check("01.1", 0.693)', "Expected the function itself"),
    ],
    "01.2": [
        ('ft.check("01.2", lambda w, g, rate: {n: w[n] + rate * g[n] for n in w})', "uphill"),
        ('ft.check("01.2", lambda w, g, rate: {n: w[n] - g[n] for n in w})', "the rate is missing"),
        ('ft.check("01.2", lambda w, g, rate: {n: -rate * g[n] for n in w})', "the step alone"),
        ('ft.check("01.2", lambda w, g, rate: {**w, "w1": w["w1"] - rate * g["w1"]})', "Only w1 moved"),
        ('ft.check("01.2", lambda w, g, rate: [w[n] - rate * g[n] for n in w])', "Expected a dictionary"),
        (
            "def step(weights, gradients, rate):\n    for name in weights:\n"
            "        weights[name] -= rate * gradients[name]\n    return weights\n\n"
            'ft.check("01.2", step)',
            "works in place",
        ),
    ],
    "01b.1": [
        ('ft.check("01b.1", 2 / (3 * 3 * 64))', "That is the variance"),
        ('ft.check("01b.1", np.sqrt(2 / (3 * 3 * 96)))', "counts outputs"),
        ('ft.check("01b.1", np.sqrt(2 / 64))', "counts the channels"),
        ('ft.check("01b.1", 3 * 3 * 64)', "the number of inputs"),
        ('ft.check("01b.1", 0.5)', "too large"),
        ('ft.check("01b.1", "0.059")', "Expected one number"),
    ],
    "01b.2": [
        ('ft.check("01b.2", (sgd, 1e-4))', "Be bolder"),
        ('ft.check("01b.2", (sgd, 1e3))', "Be gentler"),
        ('ft.check("01b.2", (adam, 0))', "does not go downhill"),
        ('ft.check("01b.2", ("adam", 0.03))', "without quotes"),
        ('ft.check("01b.2", adam)', "Expected a pair"),
    ],
    "02.1": [
        ('ft.check("02.1", lambda losses, patience: losses.index(min(losses)))', "patience runs out before"),
        (
            "def best_epoch(losses, patience):\n    best = 0\n    for epoch, loss in enumerate(losses):\n"
            "        if loss < losses[best]:\n            best = epoch\n        if epoch - best >= patience:\n"
            "            return epoch\n    return best\n\n"
            'ft.check("02.1", best_epoch)',
            "the epoch at which it stops",
        ),
        ('ft.check("02.1", lambda losses, patience: 2)', "count from 0"),
        ('ft.check("02.1", lambda losses, patience: min(losses) < 2)', "Expected the number of an epoch"),
    ],
    "02.2": [
        ('ft.check("02.2", lambda k, l2: (l2 * (k**2).mean(), 2 * l2 * k))', "the mean of the squares"),
        ('ft.check("02.2", lambda k, l2: (l2 * (k**2).sum() ** 0.5, 2 * l2 * k))', "square root"),
        ('ft.check("02.2", lambda k, l2: ((k**2).sum(), 2 * k))', "the factor `l2` is missing"),
        ('ft.check("02.2", lambda k, l2: (l2 / 2 * (k**2).sum(), l2 * k))', "half of it"),
        ('ft.check("02.2", lambda k, l2: (l2 * (k**2).sum(), l2 * k))', "A factor of 2 is missing"),
        ('ft.check("02.2", lambda k, l2: (l2 * (k**2).sum(), -2 * l2 * k))', "The sign is the wrong way round"),
        ('ft.check("02.2", lambda k, l2: (l2 * (k**2).sum(), 2 * l2 * k.sum()))', "one number per weight"),
        ('ft.check("02.2", lambda k, l2: l2 * (k**2).sum())', "Expected a pair"),
    ],
    "02.3": [
        ('ft.check("02.3", lambda h, rate, rng: h * (rng.random(h.shape) >= rate))', "the mean sank to 0.70"),
        ('ft.check("02.3", lambda h, rate, rng: h * (rng.random(h.shape) < rate) / rate)', "not the share that stays"),
        (
            'ft.check("02.3", lambda h, rate, rng: h * (rng.random(h.shape[1]) >= rate) / (1 - rate))',
            "Whole rows or columns",
        ),
        (
            'ft.check("02.3", lambda h, p, rng: h * (np.random.default_rng(0).random(h.shape) >= p) / (1 - p))',
            "Draw from `rng`",
        ),
        ('ft.check("02.3", lambda h, rate, rng: h * (1 - rate))', "Nothing was dropped"),
    ],
    "02.4": [
        ('ft.check("02.4", ft.Regularization.preset("light"))', "as it is"),
        ('ft.check("02.4", ft.Regularization(dropout=0.5, label_smoothing=0.1))', "keeps what you do not name"),
        (
            'ft.check("02.4", dataclasses.replace(ft.Regularization.preset("light"), dropout=0.5))',
            "Label smoothing is 0",
        ),
        ('ft.check("02.4", "strong")', "Expected a Regularization"),
    ],
    "03.1": [
        ('ft.check("03.1", [[1, 1, 1], [1, 1, 1], [1, 1, 1]])', "To an even bright patch it answers 9"),
        ('ft.check("03.1", [[-1, 0, 1]] * 3)', "turned by a quarter"),
        ('ft.check("03.1", [[1, 1, 1], [0, 0, 0], [-1, -1, -1]])', "upside down"),
        ('ft.check("03.1", [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]])', "thin lines"),
        ('ft.check("03.1", [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]])', "left and right as well"),
        ('ft.check("03.1", [[1, -2, 1], [0, 0, 0], [-1, 2, -1]])', "blind to the edge"),
        ('ft.check("03.1", np.zeros((3, 3)))', "answers 0 to everything"),
        ('ft.check("03.1", [-1, 0, 1])', "three rows of three numbers"),
    ],
    "03.2": [
        ('ft.check("03.2", lambda model: model)', "still ends in six numbers"),
        ('ft.check("03.2", lambda model: model.get_layer("backbone"))', "These are feature maps"),
        ('ft.check("03.2", lambda model: model.get_layer("head_pool").output)', "the output of a layer"),
        (
            "def headless(model):\n    flat = keras.layers.Flatten()\n"
            "    return keras.Sequential([model.get_layer('backbone'), flat])\n\n"
            'ft.check("03.2", headless)',
            "one long row",
        ),
        (
            "def headless(model):\n    pool = keras.layers.GlobalMaxPooling2D()\n"
            "    return keras.Sequential([model.get_layer('backbone'), pool])\n\n"
            'ft.check("03.2", headless)',
            "the largest value",
        ),
        (
            "def headless(model):\n    fresh = keras.models.clone_model(model)\n"
            "    return keras.Model(fresh.input, fresh.get_layer('head_pool').output)\n\n"
            'ft.check("03.2", headless)',
            "other weights",
        ),
        ('ft.check("03.2", lambda model: model.get_layer("head_pool"))', "Expected a Keras model"),
    ],
    "03.3": [
        ('ft.check("03.3", lambda pre, alone, on_top: pre / (alone - on_top))', "no parts of users"),
        ('ft.check("03.3", lambda pre, alone, on_top: pre // (alone - on_top))', "one user more"),
        ('ft.check("03.3", lambda pre, alone, on_top: -(-pre // (alone - on_top)))', "both ways cost the same"),
        ('ft.check("03.3", lambda pre, alone, on_top: pre // alone + 1)', "still pays 20"),
        ('ft.check("03.3", lambda pre, alone, on_top: pre * on_top)', "What does each further user save?"),
        ('ft.check("03.3", 17)', "Expected a function"),
    ],
    "04.1": [
        (
            'small = ft.load_backbone("MobileNetV2", weights=None, image_size=64)\nft.check("04.1", small)',
            "64 pixels end in maps of 2 x 2",
        ),
        ('ft.check("04.1", ft.load_backbone("VGG16", weights=None, image_size=96))', "Another network"),
        ('ft.check("04.1", ft.load_backbone("MobileNetV2", weights=None))', "So far it is the default"),
        ('ft.check("04.1", 96)', "as `image_size`, and check `small` itself"),
        ('ft.check("04.1", ft.classifier(ft.load_backbone("glyphnet"), 3))', "no feature maps"),
        ('ft.check("04.1", (3, 3))', "Expected the model `small`"),
    ],
    "04.2": [
        ('ft.check("04.2", 3 * 3 * 128 * 128)', "the ordinary convolution"),
        ('ft.check("04.2", 3 * 3 * 128)', "Who mixes the channels?"),
        ('ft.check("04.2", 128 * 128)', "the second half"),
        ('ft.check("04.2", 3 * 3 + 128 * 128)', "a 3 x 3 filter of its own"),
        ('ft.check("04.2", 3 * 3 * 128 + 128 * 128 + 256)', "You counted biases"),
        ('ft.check("04.2", 128)', "Count two layers"),
        ('ft.check("04.2", "17,536")', "Expected one number"),
    ],
    "04b.1": [
        ('ft.check("04b.1", lambda photos: 255 * photos)', "dark on a bright ground"),
        ('ft.check("04b.1", lambda photos: 1 - photos)', "divides them by 255 once more"),
        ('ft.check("04b.1", lambda photos: 255 - photos)', "turned them before you scaled"),
        ('ft.check("04b.1", lambda photos: photos)', "come back as they were"),
        ('ft.check("04b.1", lambda photos: -255 * photos)', "a pixel lies between 0 and 255"),
        ('ft.check("04b.1", lambda photos: (1 - photos).round() * 255)', "Only two values are left"),
        (
            "def mend(photos):\n    turned = 1 - photos\n    low, high = turned.min(), turned.max()\n"
            '    return 255 * (turned - low) / (high - low)\n\nft.check("04b.1", mend)',
            "their own darkest and brightest pixel",
        ),
        ('ft.check("04b.1", lambda photos: 128 * (1 - photos))', "it should be"),
        ('ft.check("04b.1", lambda photos: photos.mean())', "as they came in"),
        ('ft.check("04b.1", "255 * (1 - photos)")', "Expected a function"),
    ],
    "04.3": [
        ('ft.check("04.3", lambda n, most: max(n, key=lambda name: n[name]["top1"]))', "leave out what is too slow"),
        ('ft.check("04.3", lambda n, most: min(n, key=lambda name: n[name]["work"]))', "fits, too"),
        (
            "def choose(networks, most):\n"
            '    fitting = [name for name in networks if networks[name]["work"] < most]\n'
            '    return max(fitting, key=lambda name: networks[name]["top1"])\n\nft.check("04.3", choose)',
            "exactly 4.5, which is allowed",
        ),
        ('ft.check("04.3", lambda n, most: max(r["top1"] for r in n.values() if r["work"] <= most))', "the name of a"),
        ('ft.check("04.3", lambda n, most: "EfficientNetB0")', "not on the list"),
        ('ft.check("04.3", "middle")', "Expected a function"),
    ],
    "04b.2": [
        ('ft.check("04b.2", lambda pixels: pixels / 255)', "half of the way"),
        ('ft.check("04b.2", lambda pixels: pixels / 127.5)', "Move everything down"),
        ('ft.check("04b.2", lambda pixels: 1 - pixels / 127.5)', "leaves dark pixels dark"),
        ('ft.check("04b.2", lambda pixels: pixels)', "as they were"),
        ('ft.check("04b.2", lambda pixels: pixels / 255 - 1)', "I expected -1, 0 and 1"),
        ('ft.check("04b.2", lambda pixels: pixels.mean())', "as large as the one that came in"),
        ('ft.check("04b.2", -1)', "Expected a function"),
    ],
    "05.1": [
        ('ft.check("05.1", 1280 * 5)', "one weight per pair"),
        ('ft.check("05.1", 1280 * 5 + 1280)', "too many biases"),
        ('ft.check("05.1", 1280 + 5)', "joined to every class"),
        ('ft.check("05.1", 2_223_872)', "Dense layer alone"),
        ('ft.check("05.1", "6405")', "Expected one number, received '6405' (str)"),
    ],
    "05.2": [
        ('three = ft.classifier(track.backbone, 3)\nft.check("05.2", three)', "weights below it train as well"),
        ('three = ft.classifier(track.backbone, 10)\nft.freeze(three)\nft.check("05.2", three)', "shape (None, 10)"),
        ('three = ft.classifier(track.backbone, 3)\nft.check("05.2", ft.freeze(three))', "received FreezeReport"),
        (
            'three = ft.classifier(track.backbone, 3)\nthree.trainable = False\nft.check("05.2", three)',
            "the head is frozen as well",
        ),
        (
            "body = track.backbone\nbody.trainable = False\n"
            "x = keras.layers.GlobalAveragePooling2D()(body.outputs[0])\n"
            'ft.check("05.2", keras.Model(body.inputs[0], keras.layers.Dense(3)(x)))',
            "are no probabilities",
        ),
        (
            "image = keras.Input((32, 32, 1))\nx = keras.layers.Flatten()(image)\n"
            'ft.check("05.2", keras.Model(image, keras.layers.Dense(3, activation="softmax")(x)))',
            "stands on no backbone",
        ),
        ('ft.check("05.2", track.backbone)', "has the shape (None, 4, 4, 128)"),
        ('ft.check("05.2", "three")', "the model that you built"),
    ],
    "05.3": [
        (
            "queries, labels = features(backbone, fitted.validation), fitted.train.labels\n"
            "means = np.stack([cached[labels == c].mean(axis=0) for c in np.unique(labels)])\n"
            'ft.check("05.3", ((queries[:, None] - means) ** 2).sum(axis=-1))',
            "10 numbers for each image",
        ),
        ('ft.check("05.3", fitted.train.labels)', "each of the 100 training images"),
        ('ft.check("05.3", fitted.validation.labels[::-1])', "what guessing gives"),
        (
            "queries, labels = pixels(fitted.validation), fitted.train.labels\n"
            "means = np.stack([pixels(fitted.train)[labels == c].mean(axis=0) for c in np.unique(labels)])\n"
            'ft.check("05.3", ((queries[:, None] - means) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1))',
            "the goal is 97 %",
        ),
        ('ft.check("05.3", fitted.validation.labels + 0.5)', "whole numbers from 0 to 9"),
        ('ft.check("05.3", features(backbone, fitted.validation))', "one class index for each of 200"),
    ],
    "06.1": [
        ('ft.unfreeze(mine, last=1)\nft.check("06.1", mine)', "1 backbone stage is open"),
        ('ft.unfreeze(mine, last=3)\nft.check("06.1", mine)', "Every stage"),
        ('ft.unfreeze(mine, last=2, batch_norm="train")\nft.check("06.1", mine)', "BatchNorm layers train as well"),
        ('mine.trainable = False\nft.check("06.1", mine)', "The head is frozen"),
        ('ft.check("06.1", ft.unfreeze(mine, last=2))', "check `mine` itself"),
    ],
    "06.2": [
        (
            "def open_safely(backbone):\n    backbone.trainable = True\n    return backbone\n\n"
            'ft.check("06.2", open_safely)',
            "BatchNorm included",
        ),
        (
            "def open_safely(backbone):\n    backbone.trainable = True\n    for layer in backbone.layers:\n"
            "        if isinstance(layer, keras.layers.BatchNormalization):\n            layer.trainable = False\n"
            '    return backbone\n\nft.check("06.2", open_safely)',
            "inside a model within the model",
        ),
        ('ft.check("06.2", lambda backbone: backbone)', "still frozen"),
        ('ft.check("06.2", lambda backbone: backbone.layers)', "return that same model"),
        (
            'def open_safely(backbone):\n    backbone.trainable = True\n\nft.check("06.2", open_safely)',
            "returns nothing yet",
        ),
        ('ft.check("06.2", mine)', "Expected the function itself"),
    ],
    "06.3": [
        ('ft.check("06.3", ft.strategy("full"))', "1 phase; the task describes two"),
        ('ft.check("06.3", ft.strategy("scratch"))', "starts from random weights"),
        ('ft.check("06.3", ft.Phase("top", 1, share=0.5, rate=1e-4))', "Wrap the phases"),
        (
            'head = ft.Phase("head", "head", share=0.5, rate=1e-4)\ntop = ft.Phase("top", 1, share=0.5, rate=1e-2)\n'
            'ft.check("06.3", ft.Strategy("mine", "pretrained", (head, top)))',
            "the large one to the backbone",
        ),
        (
            'head = ft.Phase("head", "head", share=0.3, rate=1e-2)\ntop = ft.Phase("top", 1, share=0.7, rate=1e-4)\n'
            'ft.check("06.3", ft.Strategy("mine", "pretrained", (head, top)))',
            "half of the updates",
        ),
    ],
    "07.1": [
        ('ft.check("07.1", ft.strategy("gradual"))', "as it is"),
        ('ft.check("07.1", ft.strategy("lp_ft"))', "all stages at once"),
        ('ft.check("07.1", ft.strategy("top"))', "The phases train: head; stage3 + head."),
        ('ft.check("07.1", ft.strategy("scratch"))', "draws weights anew"),
        ('ft.check("07.1", dataclasses.replace(ft.strategy("gradual").phases[1], decay=0.5))', "received Phase"),
        (
            'recipe = ft.strategy("gradual")\nhead, opening = recipe.phases\n'
            "head = dataclasses.replace(head, decay=0.5)\n"
            'ft.check("07.1", dataclasses.replace(recipe, phases=(head, opening)))',
            "Only one stage trains there",
        ),
        (
            'recipe = ft.strategy("gradual")\nhead, opening = recipe.phases\n'
            "opening = dataclasses.replace(opening, decay=0.75)\n"
            'ft.check("07.1", dataclasses.replace(recipe, phases=(head, opening)))',
            "fall by 0.75",
        ),
        (
            'recipe = ft.strategy("gradual")\nhead, opening = recipe.phases\n'
            "opening = dataclasses.replace(opening, decay=0.5, rate=1.5e-4)\n"
            'ft.check("07.1", dataclasses.replace(recipe, phases=(head, opening)))',
            "the rate became 0.00015",
        ),
        (
            'recipe = ft.strategy("gradual")\nhead, opening = recipe.phases\n'
            "opening = dataclasses.replace(opening, decay=0.5, share=0.3)\n"
            'ft.check("07.1", dataclasses.replace(recipe, phases=(head, opening)))',
            "no longer share the updates",
        ),
    ],
    "07.2": [
        ('ft.check("07.2", lambda names, rate, decay: {n: rate for n in names})', "the same rate"),
        (
            'ft.check("07.2", lambda names, rate, decay: {n: rate * decay**i for i, n in enumerate(names)})',
            "The wrong way round",
        ),
        (
            "def stage_rates(names, rate, decay):\n"
            "    return {n: rate * decay ** (i + 1) for i, n in enumerate(reversed(names))}\n\n"
            'ft.check("07.2", stage_rates)',
            "one step too many",
        ),
        (
            'ft.check("07.2", lambda names, rate, decay: {n: rate * decay * i for i, n in enumerate(names)})',
            "How many steps is a stage away",
        ),
        (
            'ft.check("07.2", lambda names, rate, decay: [rate * decay**i for i in range(len(names))][::-1])',
            "Expected a dict",
        ),
        (
            'ft.check("07.2", lambda names, rate, decay: {"stage1": 1.25e-4, "stage2": 2.5e-4, "stage3": 5e-4, '
            '"head": 1e-3})',
            "Look at 'stage4'",
        ),
        ('ft.check("07.2", lambda names, rate, decay: {n: str(rate) for n in names})', "is no number"),
        ('ft.check("07.2", {"stage1": 1e-3})', "Expected a function"),
    ],
    "07.3": [
        ('ft.check("07.3", lambda rates, losses: rates[np.argmin(losses)] / 10)', "lucky batch"),
        (
            "def suggest(rates, losses):\n"
            "    smooth = [losses[max(0, i - 9) : i + 1].mean() for i in range(len(losses))]\n"
            "    return rates[np.argmin(smooth)]\n\n"
            'ft.check("07.3", suggest)',
            "the lowest point itself",
        ),
        (
            "def suggest(rates, losses):\n"
            "    smooth = [losses[max(0, i - 9) : i + 1].mean() for i in range(len(losses))]\n"
            "    return np.argmin(smooth)\n\n"
            'ft.check("07.3", suggest)',
            "looks like a position",
        ),
        (
            "def suggest(rates, losses):\n    mean, smooth = 0.0, []\n    for loss in losses:\n"
            "        mean = 0.9 * mean + 0.1 * loss\n        smooth.append(mean)\n"
            "    return rates[np.argmin(smooth)] / 10\n\n"
            'ft.check("07.3", suggest)',
            "starts at 0",
        ),
        ('ft.check("07.3", lambda rates, losses: rates[np.argmax(losses)] / 10)', "take a tenth"),
        ('ft.check("07.3", lambda rates, losses: (rates, losses))', "Expected one number"),
    ],
    "08.1": [
        ('ft.check("08.1", lambda probe, untrained: probe - untrained)', "the difference"),
        ('ft.check("08.1", lambda probe, untrained: 100 * (probe - untrained) / (1 - untrained))', "in percent"),
        ('ft.check("08.1", lambda probe, untrained: (untrained - probe) / (1 - untrained))', "the wrong way round"),
        ('ft.check("08.1", lambda probe, untrained: probe / untrained)', "what random features get right"),
        ('ft.check("08.1", lambda probe, untrained: (probe - untrained) / untrained)', "random features get right"),
        ('ft.check("08.1", lambda probe, untrained: (probe - untrained) / (1 - probe))', "still make"),
        (
            'ft.check("08.1", lambda probe, untrained: max(0, (probe - untrained) / (1 - untrained)))',
            "worse than random ones",
        ),
        ('ft.check("08.1", lambda probe, untrained: probe)', "Random features get 0.4 wrong"),
        ('ft.check("08.1", 0.87)', "Expected a function"),
    ],
    "08.2": [
        ('ft.check("08.2", ft.advise(backbone, ft.load_task("digits", 20)))', "a task of 10 classes"),
        ('ft.check("08.2", ft.advise(backbone, ft.load_task("faces", 10)))', "It saw 10 labels"),
        ('ft.check("08.2", ft.advise(backbone, ft.load_task("faces", 20)).strategy)', "a part of the advice"),
        ('ft.check("08.2", "lp_ft")', "a part of the advice"),
        ('ft.check("08.2", ft.load_task("faces", 20))', "That is the task"),
        ('ft.check("08.2", backbone)', "Expected what `ft.advise(backbone, task)` returns"),
    ],
    "08b.1": [
        ('ft.check("08b.1", lambda accuracies, chosen: max(accuracies.values()) - accuracies[chosen])', "a fraction"),
        (
            "def points_lost(accuracies, chosen):\n    return 100 * (accuracies[chosen] - max(accuracies.values()))\n\n"
            'ft.check("08b.1", points_lost)',
            "counts what is lost",
        ),
        (
            "def points_lost(accuracies, chosen):\n    best = max(accuracies.values())\n"
            '    return 100 * (best - accuracies[chosen]) / best\n\nft.check("08b.1", points_lost)',
            "divided by the best",
        ),
        (
            "def points_lost(accuracies, chosen):\n    mean = sum(accuracies.values()) / len(accuracies)\n"
            '    return 100 * abs(mean - accuracies[chosen])\n\nft.check("08b.1", points_lost)',
            "the mean of all strategies",
        ),
        (
            "def points_lost(accuracies, chosen):\n    worst = min(accuracies.values())\n"
            '    return 100 * (accuracies[chosen] - worst)\n\nft.check("08b.1", points_lost)',
            "the worst strategy",
        ),
        ('ft.check("08b.1", lambda accuracies, chosen: 7)', "expected 10 points, received 7"),
        ('ft.check("08b.1", 10)', "Expected a function"),
    ],
    "08b.2": [
        ('ft.check("08b.2", lambda labels, probes, untrained: "scratch")', "Always scratch: that is a habit"),
        ('ft.check("08b.2", lambda labels, probes, untrained: "lp_ft")', "Always lp_ft: that is a habit"),
        (
            'ft.check("08b.2", lambda labels, probes, untrained: "scratch" if probes[-1] > probes[0] else "lp_ft")',
            "Most is lost at",
        ),
        (
            'ft.check("08b.2", lambda labels, probes, untrained: "scratch" if labels < 5 else "lp_ft")',
            "Your rule costs",
        ),
        ('ft.check("08b.2", lambda labels, probes, untrained: "full")', "You return 'full'"),
        ('ft.check("08b.2", lambda labels, probes, untrained: probes[-1] < probes[0])', "the name of one of the three"),
        ('ft.check("08b.2", "lp_ft")', "Expected a function"),
    ],
    "09.1": [
        ('ft.check("09.1", ft.L2SP(1.0))', "the anchor alone"),
        ('ft.check("09.1", ft.Regularization(anchor=ft.L2SP(1.0)))', "keeps what you do not name"),
        (
            'ft.check("09.1", dataclasses.replace(ft.Regularization.preset("light"), anchor=ft.L2SP()))',
            "The strength is 0.01",
        ),
        (
            'letters = ft.load_task("glyphs")\n'
            'ft.check("09.1", dataclasses.replace(ft.Regularization.preset("light"), anchor=ft.Replay(letters)))',
            "The anchor is ft.Replay",
        ),
        ('ft.check("09.1", ft.Regularization.preset("light"))', "without an anchor"),
        ('ft.check("09.1", "light")', "Expected a Regularization"),
    ],
    "09.2": [
        (
            "def band(weights, start, strength):\n    apart = [w - s for w, s in zip(weights, start)]\n"
            "    return strength * sum((d**2).sum() for d in apart), [2 * strength * d for d in apart]\n\n"
            'ft.check("09.2", band)',
            "Twice too much",
        ),
        (
            "def band(weights, start, strength):\n"
            "    return strength / 2 * sum((w**2).sum() for w in weights), [strength * w for w in weights]\n\n"
            'ft.check("09.2", band)',
            "distance to 0",
        ),
        (
            "def band(weights, start, strength):\n    apart = [w - s for w, s in zip(weights, start)]\n"
            "    return strength / 2 * sum((d**2).sum() for d in apart), [-strength * d for d in apart]\n\n"
            'ft.check("09.2", band)',
            "wrong way round",
        ),
        (
            "def band(weights, start, strength):\n    apart = [w - s for w, s in zip(weights, start)]\n"
            "    return strength / 2 * sum((d**2).sum() for d in apart), [2 * strength * d for d in apart]\n\n"
            'ft.check("09.2", band)',
            "Off by a factor of 2",
        ),
        (
            "def band(weights, start, strength):\n    apart = [w - s for w, s in zip(weights, start)]\n"
            "    return strength / 2 * sum((d**2).mean() for d in apart), [strength * d for d in apart]\n\n"
            'ft.check("09.2", band)',
            "mean of the squares",
        ),
        (
            "def band(weights, start, strength):\n    apart = [w - s for w, s in zip(weights, start)]\n"
            "    return strength / 2 * sum((d**2).sum() for d in apart), strength * apart[0]\n\n"
            'ft.check("09.2", band)',
            "Expected a list of 3 arrays",
        ),
        (
            "def band(weights, start, strength):\n    w, s = weights[0], start[0]\n"
            "    return strength / 2 * ((w - s) ** 2).sum(), [strength * (w - s)]\n\n"
            'ft.check("09.2", band)',
            "Only one of the arrays",
        ),
        ('ft.check("09.2", lambda w, s, k: sum((a - b).sum() for a, b in zip(w, s)))', "Expected a pair"),
        ('ft.check("09.2", lambda w, s, k: (w - s, k))', "raised an error"),
    ],
    "09.3": [
        (
            'ft.check("09.3", lambda n, o, size, share, rng: (rng.integers(n, size=size), '
            "rng.integers(o, size=round(share * size))))",
            "The batch has room for 32",
        ),
        (
            'ft.check("09.3", lambda n, o, size, share, rng: (rng.integers(n, size=round(share * size)), '
            "rng.integers(o, size=size - round(share * size))))",
            "is that of the old ones",
        ),
        (
            "def batch(new, old, size, share, rng):\n"
            "    rng = np.random.default_rng(0)\n"
            "    k = round(share * size)\n"
            '    return rng.integers(new, size=size - k), rng.integers(old, size=k)\n\nft.check("09.3", batch)',
            "Draw from `rng`",
        ),
        (
            "def batch(new, old, size, share, rng):\n    k = round(share * size)\n"
            '    return rng.integers(new, size=size - k), rng.integers(new, size=k)\n\nft.check("09.3", batch)',
            "All should have a chance",
        ),
        (
            "def batch(new, old, size, share, rng):\n    k = round(share * size)\n"
            '    return rng.integers(old, size=size - k), rng.integers(old, size=k)\n\nft.check("09.3", batch)',
            "among 100 new examples",
        ),
        (
            "def batch(new, old, size, share, rng):\n    k = round(share * size)\n"
            '    return rng.random(size - k) * new, rng.random(k) * old\n\nft.check("09.3", batch)',
            "whole numbers",
        ),
        ('ft.check("09.3", lambda n, o, size, share, rng: rng.integers(n + o, size=size))', "Expected two arrays"),
    ],
    "09.4": [
        ('ft.check("09.4", lambda a, b, t: [t * x + (1 - t) * y for x, y in zip(a, b)])', "wrong way round"),
        ('ft.check("09.4", lambda a, b, t: [x + t * y for x, y in zip(a, b)])', "counts in full"),
        ('ft.check("09.4", lambda a, b, t: [(x + y) / 2 for x, y in zip(a, b)])', "whatever alpha is"),
        ('ft.check("09.4", lambda a, b, t: [t * (y - x) for x, y in zip(a, b)])', "the step alone"),
        ('ft.check("09.4", lambda a, b, t: (1 - t) * a + t * b)', "raised an error"),
        ('ft.check("09.4", lambda a, b, t: [x for x in a] + [y for y in b])', "Expected a list of 3 arrays"),
        (
            "def between(start, tuned, alpha):\n    for a, b in zip(start, tuned):\n        a += alpha * (b - a)\n"
            '    return start\n\nft.check("09.4", between)',
            "changes the lists",
        ),
    ],
    "10.1": [
        ('ft.check("10.1", lambda said, labels, groups: np.mean(said == labels))', "the mean that hides"),
        (
            "def by_groups(said, labels, groups):\n"
            "    return {g: (said == labels)[groups == g].sum() for g in np.unique(groups)}\n\n"
            'ft.check("10.1", by_groups)',
            "These are counts",
        ),
        (
            "def by_groups(said, labels, groups):\n"
            "    return {g: ((said == labels) & (groups == g)).mean() for g in np.unique(groups)}\n\n"
            'ft.check("10.1", by_groups)',
            "You divide by all images",
        ),
        (
            "def by_groups(said, labels, groups):\n"
            "    return {g: (said != labels)[groups == g].mean() for g in np.unique(groups)}\n\n"
            'ft.check("10.1", by_groups)',
            "These are error rates",
        ),
        (
            "def by_groups(said, labels, groups):\n"
            "    return {g: 100 * (said == labels)[groups == g].mean() for g in np.unique(groups)}\n\n"
            'ft.check("10.1", by_groups)',
            "These are percentages",
        ),
        (
            "def by_groups(said, labels, groups):\n"
            "    return {g: (said == labels)[groups == g] for g in np.unique(groups)}\n\n"
            'ft.check("10.1", by_groups)',
            "Each group needs one number",
        ),
        (
            'ft.check("10.1", lambda said, labels, groups: {"plain": 1.0, "marked": 0.5})',
            "called old and new",
        ),
        ('ft.check("10.1", lambda said, labels, groups: {"old": 0.5, "new": 0.5})', "Which images belong to the group"),
        ('ft.check("10.1", lambda said, labels, groups: [0.8, 0.3])', "Expected a dictionary"),
    ],
    "10.2": [
        (
            "def flips(network, images, change):\n"
            "    return network(images).argmax(1) != network(change(images)).argmax(1)\n\n"
            'ft.check("10.2", flips)',
            "one value for each image",
        ),
        (
            "def flips(network, images, change):\n"
            "    return np.sum(network(images).argmax(1) != network(change(images)).argmax(1))\n\n"
            'ft.check("10.2", flips)',
            "the number of images that flip",
        ),
        (
            "def flips(network, images, change):\n"
            "    return np.mean(network(images).argmax(1) == network(change(images)).argmax(1))\n\n"
            'ft.check("10.2", flips)',
            "whose class stays",
        ),
        (
            "def flips(network, images, change):\n"
            "    return np.mean((network(images) != network(change(images))).any(axis=1))\n\n"
            'ft.check("10.2", flips)',
            "whose probabilities moved at all",
        ),
        (
            "def flips(network, images, change):\n    change(images)\n"
            "    return np.mean(network(images).argmax(1) != network(images).argmax(1))\n\n"
            'ft.check("10.2", flips)',
            "did the changed images reach the network",
        ),
        (
            "def flips(network, images, change):\n"
            "    return np.abs(network(images) - network(change(images))).mean()\n\n"
            'ft.check("10.2", flips)',
            "how far the probabilities move",
        ),
        ('ft.check("10.2", lambda network, images, change: 0.9)', "Take the class of every image"),
        ('ft.check("10.2", 0.25)', "Expected a function"),
    ],
    "10.3": [
        ('ft.check("10.3", fitted)', "it has no groups"),
        ('ft.check("10.3", fitted.train)', "Expected a task"),
        ('ft.check("10.3", ft.mark_task(fitted, share=0, test_share=0.2))', "None of the training images"),
        ('ft.check("10.3", ft.mark_task(fitted, share=[1, 1] + 8 * [0]))', "a new shortcut"),
        ('ft.check("10.3", ft.mark_task(fitted, share=1))', "never sees a plain one"),
        ('ft.check("10.3", ft.mark_task(fitted))', "it should be two of ten"),
    ],
    "11.1": [
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = rng.random(ids.shape) < share\n"
            "    return np.where(hidden, mask_id, ids), np.where(hidden, ids, -1)\n\n"
            'ft.check("11.1", hide)',
            "Padding was hidden",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) < share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids), ids\n\n"
            'ft.check("11.1", hide)',
            "where nothing is hidden",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) < share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids), np.where(hidden, mask_id, -1)\n\n"
            'ft.check("11.1", hide)',
            "hold the mask",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) > share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids), np.where(hidden, ids, -1)\n\n"
            'ft.check("11.1", hide)',
            "of the pieces are hidden",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (np.random.default_rng(0).random(ids.shape) < share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids), np.where(hidden, ids, -1)\n\n"
            'ft.check("11.1", hide)',
            "Draw from `rng`",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) < share) & (ids != 0)\n"
            "    return ids, np.where(hidden, ids, -1)\n\n"
            'ft.check("11.1", hide)',
            "Nothing is hidden",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) < share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids + 1), np.where(hidden, ids, -1)\n\n"
            'ft.check("11.1", hide)',
            "Ids changed",
        ),
        (
            "def hide(ids, share, mask_id, rng):\n"
            "    hidden = (rng.random(ids.shape) < share) & (ids != 0)\n"
            "    return np.where(hidden, mask_id, ids), np.where(hidden, ids + 1, -1)\n\n"
            'ft.check("11.1", hide)',
            "other ids than those",
        ),
        ('ft.check("11.1", lambda ids, share, mask_id, rng: ids)', "Expected a pair"),
        ('ft.check("11.1", lambda ids, share, mask_id, rng: (ids / 2, ids))', "Both are whole numbers"),
    ],
    "11.2": [
        ('ft.check("11.2", lambda features, ids: features.mean(axis=1))', "with padding"),
        ('ft.check("11.2", lambda features, ids: (features * (ids > 0)[..., None]).mean(axis=1))', "not of the count"),
        ('ft.check("11.2", lambda features, ids: (features * (ids > 0)[..., None]).sum(axis=1))', "That is the sum"),
        (
            "def masked_mean(features, ids):\n    padding = (ids == 0)[..., None]\n"
            "    return (features * padding).sum(axis=1) / np.maximum(padding.sum(axis=1), 1)\n\n"
            'ft.check("11.2", masked_mean)',
            "mean over the padding",
        ),
        ('ft.check("11.2", lambda features, ids: features.max(axis=1))', "another number"),
        ('ft.check("11.2", lambda features, ids: features.mean())', "a row for each text"),
    ],
    "12.1": [
        ('ft.check("12.1", lambda loss, size: loss / np.log(2))', "bits of a piece"),
        ('ft.check("12.1", lambda loss, size: loss / size)', "nats per byte"),
        ('ft.check("12.1", lambda loss, size: loss * np.log(2) / size)', "wrong way round"),
        ('ft.check("12.1", lambda loss, size: loss / np.log(2) * size)', "Multiplied by the bytes"),
        ('ft.check("12.1", lambda loss, size: np.exp(loss) / size)', "the perplexity"),
        ('ft.check("12.1", lambda loss, size: np.log2(loss) / size)', "logarithm of the loss"),
        ('ft.check("12.1", lambda loss, size: loss + size)', "expected 0.962"),
        ('ft.check("12.1", lambda loss, size: "bits")', "Expected one number"),
    ],
    "12.2": [
        ('ft.check("12.2", lambda x, k, a, b: (x @ k, a.size + b.size))', "frozen kernel alone"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ a @ b, a.size + b.size))', "addition alone"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ k + x @ a @ b, k.size))', "which is frozen"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ k + x @ a @ b, a.size))', "Both train"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ k + x @ a @ b, a.size * b.size))', "numbers train, not"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ k - x @ a @ b, a.size))', "other ones than"),
        ('ft.check("12.2", lambda x, k, a, b: (x, a.size))', "an array of 5 x 9"),
        ('ft.check("12.2", lambda x, k, a, b: x @ k + x @ a @ b)', "Expected a pair"),
        ('ft.check("12.2", lambda x, k, a, b: (x @ k + x @ a @ b, "few"))', "Expected a count"),
    ],
    "12.3": [
        (
            "def probabilities(logits, temperature):\n    shares = np.exp((logits - logits.max()) * temperature)\n"
            '    return shares / shares.sum()\n\nft.check("12.3", probabilities)',
            "Multiplied by the temperature",
        ),
        (
            "def probabilities(logits, temperature):\n    shares = np.exp(logits - logits.max())\n"
            '    return shares / shares.sum() / temperature\n\nft.check("12.3", probabilities)',
            "Divided after the softmax",
        ),
        (
            "def probabilities(logits, temperature):\n    shares = np.exp(logits - logits.max())\n"
            '    return shares / shares.sum()\n\nft.check("12.3", probabilities)',
            "The same for each temperature",
        ),
        (
            "def probabilities(logits, temperature):\n    shares = np.exp(logits / temperature)\n"
            '    return shares / shares.sum()\n\nft.check("12.3", probabilities)',
            "overflows",
        ),
        ('ft.check("12.3", lambda logits, temperature: np.exp(logits / temperature))', "add up to"),
        ('ft.check("12.3", lambda logits, temperature: np.full(len(logits), 1 / len(logits)))', "other probabilities"),
        ('ft.check("12.3", lambda logits, temperature: 0.5)', "a probability for each logit"),
    ],
    "13.1": [
        ('ft.check("13.1", lambda box, other: "half")', "Expected one number"),
        (
            "def overlap(box, other):\n"
            "    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])\n"
            "    common = np.prod(sides)\n"
            "    return common / (np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - common)\n\n"
            'ft.check("13.1", overlap)',
            "do not meet",
        ),
        *(
            (
                "def overlap(box, other):\n"
                "    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])\n"
                "    common = np.prod(np.maximum(sides, 0))\n"
                "    first, second = np.prod(box[2:] - box[:2]), np.prod(other[2:] - other[:2])\n"
                f'    return {answer}\n\nft.check("13.1", overlap)',
                told,
            )
            for answer, told in (
                ("common / (first + second)", "counts twice"),
                ("common / min(first, second)", "share of the smaller box"),
                ("common / max(first, second)", "share of the"),
                ("common", "area in pixels"),
                ("1 - common / (first + second - common)", "is right"),
            )
        ),
    ],
    "13.2": [
        ('ft.check("13.2", lambda boxes, scores, limit: boxes)', "Expected a list of whole numbers"),
        ('ft.check("13.2", lambda boxes, scores, limit: list(np.argsort(-scores)))', "All boxes were kept"),
        ('ft.check("13.2", lambda boxes, scores, limit: [4])', "were lost: [0, 3, 5]"),
        ('ft.check("13.2", lambda boxes, scores, limit: [0, 3, 4, 5])', "in another order"),
        ('ft.check("13.2", lambda boxes, scores, limit: [4, 2, 0, 3, 5])', "Boxes 2 and 4 overlap"),
        (
            "def suppress(boxes, scores, limit):\n"
            "    order = np.argsort(-scores)\n"
            "    overlaps = pairwise_iou(boxes[order], boxes[order])\n"
            "    return [order[i] for i in range(len(order)) if overlaps[i, :i].max(initial=0) <= limit]\n\n"
            'ft.check("13.2", suppress)',
            "itself left out",
        ),
    ],
    "13.3": [
        ('ft.check("13.3", lambda is_hit, objects: is_hit.mean())', "precision of all boxes together"),
        ('ft.check("13.3", lambda is_hit, objects: is_hit)', "Expected one number"),
        ('ft.check("13.3", lambda is_hit, objects: 0.123)', "where 0."),
        *(
            (
                "def average_precision(is_hit, objects):\n"
                "    precisions = np.cumsum(is_hit) / np.arange(1, len(is_hit) + 1)\n"
                "    best = np.maximum.accumulate(precisions[::-1])[::-1]\n"
                f'    return {answer}\n\nft.check("13.3", average_precision)',
                told,
            )
            for answer, told in (
                ("precisions[is_hit].sum() / objects", "further right"),
                ("best[is_hit].mean()", "that nobody found count 0"),
                ("best.mean()", "Add up at the hits alone"),
            )
        ),
    ],
    "14.1": [
        ('ft.check("14.1", lambda s, n, k: np.zeros(3))', "Expected 10 frames"),
        (
            "def turned(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return (np.abs(np.fft.rfft(frames * np.hanning(n))) ** 2).T\n\n"
            'ft.check("14.1", turned)',
            "wrong way round",
        ),
        (
            "def spectrogram(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return np.fft.rfft(frames * np.hanning(n))\n\n"
            'ft.check("14.1", spectrogram)',
            "complex numbers",
        ),
        (
            "def spectrogram(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return np.abs(np.fft.rfft(frames * np.hanning(n)))\n\n"
            'ft.check("14.1", spectrogram)',
            "the absolute value. The power",
        ),
        (
            "def spectrogram(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return np.abs(np.fft.rfft(frames)) ** 2\n\n"
            'ft.check("14.1", spectrogram)',
            "Without the window",
        ),
        (
            "def spectrogram(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return np.log(np.abs(np.fft.rfft(frames * np.hanning(n))) ** 2)\n\n"
            'ft.check("14.1", spectrogram)',
            "the logarithm of the power",
        ),
        (
            "def spectrogram(s, n, k):\n"
            "    frames = np.lib.stride_tricks.sliding_window_view(s, n)[::k]\n"
            "    return np.abs(np.fft.rfft(frames * np.hamming(n))) ** 2\n\n"
            'ft.check("14.1", spectrogram)',
            "the numbers are not",
        ),
    ],
    "14.2": [
        ('ft.check("14.2", lambda sound, noise, decibels: sound)', "No noise was added"),
        ('ft.check("14.2", lambda sound, noise, decibels: sound + noise)', "decibels above the noise; it should be 10"),
        ('ft.check("14.2", lambda sound, noise, decibels: 2 * sound + noise)', "The sound itself changed"),
        ('ft.check("14.2", lambda sound, noise, decibels: 1.5)', "Expected a sound as long"),
        (
            "def add_noise(sound, noise, decibels):\n"
            "    wanted = np.mean(sound**2) / 10 ** (decibels / 5)\n"
            "    return sound + noise * np.sqrt(wanted / np.mean(noise**2))\n\n"
            'ft.check("14.2", add_noise)',
            "take the root of the factor",
        ),
        (
            "def add_noise(sound, noise, decibels):\n"
            "    wanted = np.mean(sound**2) * 10 ** (decibels / 10)\n"
            "    return sound + noise * np.sqrt(wanted / np.mean(noise**2))\n\n"
            'ft.check("14.2", add_noise)',
            "It should be below",
        ),
    ],
    "14.3": [
        ('ft.check("14.3", lambda names, share, rng: rng.random(len(names)) < 0.3)', "on both sides"),
        ('ft.check("14.3", lambda names, share, rng: names == "none")', "Nobody is in the test"),
        ('ft.check("14.3", lambda names, share, rng: names == rng.choice(names))', "should have 3; it has 1"),
        ('ft.check("14.3", lambda names, share, rng: np.unique(names)[:3])', "Expected 50 booleans"),
        (
            "def first(names, share, rng):\n"
            "    every = np.unique(names)\n"
            "    return np.isin(names, every[: max(1, round(share * len(every)))])\n\n"
            'ft.check("14.3", first)',
            "Draw from `rng`",
        ),
    ],
    "15.1": [
        ('ft.check("15.1", lambda velocity, noise, steps: noise)', "no step was taken"),
        ('ft.check("15.1", lambda velocity, noise, steps: 0.5)', "Expected an image"),
        ('ft.check("15.1", lambda velocity, noise, steps: noise + velocity(noise, 0))', "one step for the whole way"),
        *(
            (
                "def follow(velocity, noise, steps):\n    image = noise\n    for step in range(steps):\n"
                f'        image = {step}\n    return image\n\nft.check("15.1", follow)',
                told,
            )
            for step, told in (
                ("image + velocity(image, step / steps)", "times too far"),
                ("image + velocity(image, step) / steps", "The time runs from 0 to 1"),
                ("image + velocity(image, (step + 1) / steps) / steps", "at its beginning"),
                ("image + velocity(image, 0) / steps", "at time 0 each time"),
                ("image - velocity(image, step / steps) / steps", "do not subtract"),
                ("image + velocity(noise, step / steps) / steps", "asked of the noise"),
                ("image + 2 * velocity(image, step / steps) / steps", "Not where Euler's steps lead"),
            )
        ),
    ],
    "15.2": [
        ('ft.check("15.2", lambda a, b: ((a.mean(0) - b.mean(0)) ** 2).sum())', "The means alone"),
        ('ft.check("15.2", lambda a, b: ((a.std(0) - b.std(0)) ** 2).sum())', "The spread alone"),
        (
            'ft.check("15.2", lambda a, b: ((a.mean(0) - b.mean(0)) ** 2 + (a.std(0) - b.std(0)) ** 2).mean())',
            "The distance is the sum",
        ),
        (
            'ft.check("15.2", lambda a, b: ((a.mean(0) - b.mean(0)) ** 2 + (a.var(0) - b.var(0)) ** 2).sum())',
            "Variances were compared",
        ),
        ('ft.check("15.2", lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2)', "thrown together"),
        ('ft.check("15.2", lambda a, b: np.abs(a.mean(0) - b.mean(0)).sum())', "add them up"),
        ('ft.check("15.2", lambda a, b: a.mean(0) - b.mean(0))', "Expected one number"),
    ],
    "15.3": [
        ('ft.check("15.3", lambda images, train: 3.0)', "Expected 3 distances"),
        *(
            (
                "def nearest(images, train):\n"
                f'    differences = {differences}\n    return {result}\n\nft.check("15.3", nearest)',
                told,
            )
            for differences, result, told in (
                ("images[:, None] - train", "np.sqrt((differences**2.0).mean((2, 3, 4))).min(1)", "`uint8`, where"),
                (
                    "images[:, None] * 1.0 - train",
                    "(differences**2).mean((2, 3, 4)).argmin(1)",
                    "numbers of the nearest",
                ),
                ("images[:, None] * 1.0 - train", "(differences**2).mean((2, 3, 4)).min(1)", "the mean square"),
                ("images[:, None] * 1.0 - train", "np.sqrt((differences**2).sum((2, 3, 4))).min(1)", "the sum over 16"),
                ("images[:, None] * 1.0 - train", "np.sqrt((differences**2).mean((2, 3, 4))).mean(1)", "one near"),
                ("images[:, None] * 1.0 - train", "np.sqrt((differences**2).mean((2, 3, 4))).max(1)", "the farthest"),
                ("images[:, None] * 1.0 - train", "np.abs(differences).mean((2, 3, 4)).min(1)", "but other ones"),
            )
        ),
    ],
    "16.1": [
        ('ft.check("16.1", ft.Hardware(precision="mixed_float16"))', "Give them in parts"),
        ('ft.check("16.1", ft.Hardware(precision="mixed_float16", accumulate=64))', "the number of parts"),
        ('ft.check("16.1", ft.Hardware(precision="mixed_float16", accumulate=8))', "32 pictures go through"),
        ('ft.check("16.1", ft.Hardware(accumulate=4))', "still compute in float32"),
        ('ft.check("16.1", ft.Hardware(precision="mixed_bfloat16", accumulate=4))', "float16 alone"),
        ('ft.check("16.1", ft.Hardware(4, "mixed_float16", "auto", 4))', "Leave the other settings"),
        ('ft.check("16.1", 4)', "Expected an `ft.Hardware(...)`"),
    ],
    "16.2": [
        (
            "def guard(gradients, scale):\n    if not all(np.isfinite(g).all() for g in gradients):\n"
            "        return None, scale / 2\n    return [g / np.float16(scale) for g in gradients], scale\n\n"
            'ft.check("16.2", guard)',
            "became 0",
        ),
        (
            'ft.check("16.2", lambda gradients, scale: ([g.astype("float32") for g in gradients], scale))',
            "divide it out again",
        ),
        (
            'ft.check("16.2", lambda gradients, scale: ([g.astype("float32") / scale for g in gradients], scale))',
            "was not skipped",
        ),
        (
            "def guard(gradients, scale):\n    if not np.isfinite(gradients[0]).all():\n"
            "        return None, scale / 2\n    return [g.astype('float32') / scale for g in gradients], scale\n\n"
            'ft.check("16.2", guard)',
            "every array is to be looked at",
        ),
        (
            "def guard(gradients, scale):\n    if not all(np.isfinite(g).all() for g in gradients):\n"
            "        return None, scale\n    return [g.astype('float32') / scale for g in gradients], scale\n\n"
            'ft.check("16.2", guard)',
            "halved, to 512",
        ),
        (
            'ft.check("16.2", lambda gradients, scale: ([g.astype("float32") / scale for g in gradients], 2 * scale))',
            "the scale stays at 1024",
        ),
        ('ft.check("16.2", lambda gradients, scale: (None, scale / 2))', "and yet you skip"),
        ('ft.check("16.2", lambda gradients, scale: gradients)', "Expected two things"),
        ('ft.check("16.2", lambda gradients, scale: ([gradients[0]], scale))', "a list of two gradients"),
    ],
    "16.3": [
        ('ft.check("16.3", lambda rate, old, new, kind: rate)', "stayed the same"),
        ('ft.check("16.3", lambda rate, old, new, kind: rate * old / new)', "wrong way round"),
        ('ft.check("16.3", lambda rate, old, new, kind: rate * new / old)', "Adam its square root"),
        ('ft.check("16.3", lambda rate, old, new, kind: rate * (new / old) ** 0.5)', "SGD takes the ratio"),
        ('ft.check("16.3", lambda rate, old, new, kind: 7.0)', "Begin with the ratio"),
    ],
    "17.1": [
        ('ft.check("17.1", lambda files: list(files))', "The first of each stays"),
        ('ft.check("17.1", lambda files: [])', "compare the bytes"),
        (
            "def copies(files):\n    contents = list(files.values())\n"
            '    return [n for n, c in files.items() if contents.count(c) > 1]\n\nft.check("17.1", copies)',
            "The first of each stays",
        ),
        (
            "def copies(files):\n    first = {}\n    for name, content in files.items():\n"
            '        first.setdefault(content, name)\n    return list(first.values())\n\nft.check("17.1", copies)',
            "the files to train on",
        ),
        (
            "def copies(files):\n    names = list(files)\n"
            "    return [b for a, b in zip(names, names[1:]) if files[a] == files[b]]\n\n"
            'ft.check("17.1", copies)',
            "Copies may be far apart",
        ),
        (
            "def copies(files):\n    names = list(files)\n"
            "    return [b for i, b in enumerate(names) for a in names[:i] if files[a] == files[b]]\n\n"
            'ft.check("17.1", copies)',
            "named twice",
        ),
        ('ft.check("17.1", lambda files: len(files) - len(set(files.values())))', "Expected a list of names"),
        ('ft.check("17.1", lambda files: list(files.values()))', "Expected names alone"),
    ],
    "17.2": [
        ('ft.check("17.2", lambda groups, share, rng: rng.random(len(groups)) < share)', "Draw donors, not pictures"),
        (
            "def apart(groups, share, rng):\n    donors = np.unique(groups)\n"
            '    return np.isin(groups, donors[: round(share * len(donors))])\n\nft.check("17.2", apart)',
            "Always the same donors",
        ),
        (
            "def apart(groups, share, rng):\n    donors = np.unique(groups)\n"
            "    drawn = rng.choice(donors, round(share * len(donors)), replace=False)\n"
            '    return ~np.isin(groups, drawn)\n\nft.check("17.2", apart)',
            "the other way round",
        ),
        (
            "def apart(groups, share, rng):\n    donors = np.unique(groups)\n"
            "    drawn = rng.choice(donors, round(share * len(donors)), replace=False)\n"
            '    return drawn\n\nft.check("17.2", apart)',
            "Expected one True or False",
        ),
        (
            "def apart(groups, share, rng):\n    donors = np.unique(groups)\n"
            '    return np.isin(groups, rng.choice(donors, 1))\n\nft.check("17.2", apart)',
            "where `share` asks for 3",
        ),
        ('ft.check("17.2", lambda groups, share, rng: np.zeros(len(groups), bool))', "Both sides need some"),
    ],
    "17.3": [
        ('ft.check("17.3", "ftlib fit signs.csv --updates 600")', "an arrow to the left"),
        ('ft.check("17.3", "ftlib fit signs.csv --no-mirror")', "It should take 600 updates"),
        ('ft.check("17.3", "ftlib fit signs --no-mirror --updates 600")', "Which pictures?"),
        ('ft.check("17.3", "ftlib check signs.csv")', "Training begins with `fit`"),
        ('ft.check("17.3", "ftlib fit signs.csv --no-mirror --no-near --updates 600")', "Nobody asked for --no-near"),
        ('ft.check("17.3", "ftlib fit signs.csv --no-mirror --updates 600 --seed 3")', "--seed was not asked for"),
        ('ft.check("17.3", 600)', "Expected the line as a string"),
    ],
}
