"""Installs ftlib on Colab, and leaves Colab's own packages as they are.

The first cell of every lesson runs this file, out of `ftlib-colab.zip` or out of a clone, and gives it the `language`
and the `version` of the lesson. It needs the standard library alone. Whatever goes wrong ends in one sentence.
"""

import functools
import importlib
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata

WORDS = {
    "en": {
        "installed": "ftlib {version} has been installed from {course}. Colab's own packages are as they were.",
        "already": "ftlib {version} is already installed.",
        "other": "This lesson needs ftlib {version}. Received: {course} with {wheels}. "
        "Put the file that belongs to the lesson in its place, and run this cell again.",
        "damaged": "{course} is damaged. Delete it, and run this cell again.",
        "pip": "pip could not install ftlib {version} from {course}:\n{said}",
        "keras": "ftlib {version} needs Keras {least} or newer. Received: {keras}. "
        "Choose the latest version in Runtime > Change runtime type.",
    },
    "ko": {
        "installed": "{course}에서 ftlib {version} 버전을 설치했습니다. Colab에 있던 패키지는 그대로입니다.",
        "already": "ftlib {version} 버전이 이미 설치되어 있습니다.",
        "other": "이 수업에는 ftlib {version} 버전이 필요합니다. 받은 것: {course}, 내용: {wheels}. "
        "수업에 맞는 파일로 바꾸고 이 셀을 다시 실행하세요.",
        "damaged": "{course} 파일이 손상되었습니다. 지우고 이 셀을 다시 실행하세요.",
        "pip": "{course}에서 ftlib {version} 버전을 설치하지 못했습니다. pip의 메시지는 다음과 같습니다.\n{said}",
        "keras": "ftlib {version} 버전에는 Keras {least} 이상이 필요합니다. 받은 것: {keras}. "
        "'런타임 > 런타임 유형 변경'에서 최신 버전을 고르세요.",
    },
}


def main(course, language, version):
    """Installs ftlib unless it is there, and says so in a line.

    Args:
        course: The zip, or the folder of the clone.
        language: `"en"` or `"ko"`.
        version: What the lesson needs.
    """
    tell = functools.partial(sentence, language, course=course, version=version)
    os.environ["FTLIB_LANG"] = language  # on Colab no folder tells in which language a notebook is
    done = "already"
    if version not in [one.version for one in metadata.distributions(name="ftlib")]:
        with tempfile.TemporaryDirectory() as folder:
            install(course if course.is_dir() else unpack(course, folder, version, tell), tell)
        done = "installed"
    if language == "ko":
        install_font()
    range_of_keras = next(line for line in metadata.requires("ftlib") if re.match(r"keras[<>=]", line))
    least, keras = re.search(r">=([\d.]+)", range_of_keras)[1], metadata.version("keras")
    if numbers(keras) < numbers(least):
        sys.exit(tell("keras", least=least, keras=keras))
    print(tell(done))


def sentence(language, name, **about):
    return WORDS[language][name].format(**about)


def unpack(course, folder, version, tell):
    """Returns the wheel, unpacked from the zip into a folder."""
    with zipfile.ZipFile(course) as file:
        wheels = [name for name in file.namelist() if name.endswith(".whl")]
        wanted = f"ftlib-{version}-py3-none-any.whl"
        if wanted not in wheels:
            sys.exit(tell("other", wheels=", ".join(wheels)))
        try:
            return pathlib.Path(file.extract(wanted, folder))
        except zipfile.BadZipFile:
            sys.exit(tell("damaged"))


def install(source, tell):
    """Has pip install a wheel or a folder, into the Python that runs the notebook."""
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, str(source.resolve())], capture_output=True, text=True)
    if done.returncode:
        sys.exit(tell("pip", said=done.stderr.strip()))
    importlib.invalidate_caches()


def install_font():
    """Has pip install a font with Hangul, for figures. Where it cannot, lessons run, with boxes in place of letters."""
    if importlib.util.find_spec("koreanize_matplotlib") is None:
        pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "koreanize-matplotlib"], capture_output=True)
        importlib.invalidate_caches()


def numbers(version):
    """Returns the first two numbers of a version."""
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


here = pathlib.Path(__file__).parent
main(here.parent if here.is_dir() else here, language, version)  # noqa: F821 -- given by the cell
