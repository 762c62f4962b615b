"""The first code cell of a lesson. On Colab it finds the course, or gets it, and has it install ftlib."""

import string

_CELL = string.Template("""\
import sys

if "google.colab" in sys.modules:  # on Colab, installs ftlib; elsewhere, does nothing
    import glob, importlib, os, runpy, zipfile

    tops, places = (os.getcwd(), "/content"), ("", "drive/MyDrive/", "drive/MyDrive/*/")
    names = [f"{top}/{place}ftlib-colab*.zip" for top in tops for place in places]

    def search():
        found = [path for name in names for path in glob.glob(name)]
        zips = [path for path in found if zipfile.is_zipfile(path)]
        return zips$also

    if not search():
$get
    importlib.invalidate_caches()  # what was known of an earlier file with this name
    runpy.run_path(search()[0], {"language": "$language", "version": "$version"})""")

# Without an address the learner brings the course.
_UPLOAD = """\
        from google.colab import files

        print("{choose}")
        came = ", ".join(files.upload()) or "{nothing}"
        if not search():
            sys.exit(f"{not_uploaded}")"""

_CLONE = """\
        import subprocess

        clone = "git clone --quiet --depth 1 --branch v{version}".split()
        subprocess.run([*clone, "{address}", "ftlib-course"])
        if not search():
            sys.exit("{not_cloned}")"""
_CLONED = ' or glob.glob("ftlib-course/tools/on_colab.py")'

_WORDS = {
    "en": {
        "choose": "Choose the file ftlib-colab.zip.",
        "nothing": "nothing",
        "not_uploaded": "Expected ftlib-colab.zip, whole. Received: {came}. Try again.",
        "not_cloned": "The course did not come. Try again, or upload ftlib-colab.zip.",
    },
    "ko": {
        "choose": "ftlib-colab.zip 파일을 선택하세요.",
        "nothing": "없음",
        "not_uploaded": "온전한 ftlib-colab.zip이 필요합니다. 받은 것: {came}. 셀을 다시 실행하세요.",
        "not_cloned": "강의를 받아 오지 못했습니다. 셀을 다시 실행하거나 ftlib-colab.zip을 올리세요.",
    },
}


def bootstrap(language, version, address):
    """Returns the code of the cell.

    Args:
        language: `"en"` or `"ko"`, for its messages and those of the exercises.
        version: The version of ftlib that the lesson needs.
        address: Of the repository. Empty as long as it has none.
    """
    fetching_code, other_places = (_CLONE, _CLONED) if address else (_UPLOAD, "")
    fetching_code = fetching_code.format(version=version, address=address, **_WORDS[language])
    return _CELL.substitute(get=fetching_code, also=other_places, language=language, version=version)
