"""The networks for sounds that ship with ftlib, and the sounds that they take."""

SOUND_BACKBONES = ("minispeech",)
SAMPLE_RATE = 16_000  # samples a second
SAMPLES = 16_000  # of a sound: one second
