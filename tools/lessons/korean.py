"""The code of the Korean edition: that of the English one, with the words of its strings and comments in Korean.

`notebooks/source/ko/NN.toml` says what becomes of each string or comment that a reader sees; `common.toml` beside it
holds what several lessons say. In such a table

- a key is the English text on one line, however the source breaks it: of a string what is between its quotes, of
  neighbours that Python joins all of it, of a docstring or of a comment over several lines all lines joined by spaces;
- `{placeholders}` of an f-string stand in both texts as in the source, in any order. The words in `{'start':<14}` are
  translated, too, and the width of such a column may change: a Hangul syllable is as wide as two letters;
- a column of translated names, `{name:<14}`, stands last in its line: Python pads by letters, not by width, so
  what came behind it would stand crooked;
- the numbers of the English text are in the Korean one. What is printed has no others, since a builder compares the
  numbers that both editions print: "ten" becomes "열";
- `"NN.N"` in `common.toml` stands for the number of any exercise;
- `stays` lists what looks like words and is none: names of strategies, of classes, of the API.

Every string with the same text is replaced, also where it is the key of a dictionary.
"""

import ast
import collections
import dataclasses
import io
import re
import tokenize
import tomllib
import unicodedata
from dataclasses import dataclass, field

import digest

from lessons.source import LessonError, number_of

WIDTH = 88  # columns of a line of code
_LETTERS = re.compile("[A-Za-z]{2,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")
_EXERCISE = re.compile(r'"(\d\d[a-z]?\.\d)"')
_PIECE = re.compile(
    r"(?P<comment>\#[^\n]*) | (?P<prefix>[A-Za-z]*)(?P<quote>\"\"\"|'''|\"|')"
    r"(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)",
    re.DOTALL | re.VERBOSE,
)
# What shows the strings that it is called with; so does all of `plots`.
_SHOWING = {"print", "show", "explore", "paint", "set_title", "set_xlabel", "set_ylabel", "set", "suptitle", "text"}
_SHOWING |= {"annotate", "legend"}


@dataclass(frozen=True)
class Words:
    """A string or a comment in code.

    Attributes:
        text: What a table calls it by.
        kind: `"string"`, `"f-string"`, `"docstring"` or `"comment"`.
        start: Offset of its first character in the code.
        end: Offset behind its last.
        is_visible: Whether a reader of the notebook sees it as words.
    """

    text: str
    kind: str
    start: int
    end: int
    is_visible: bool


@dataclass
class Table:
    """Korean by English text, for one lesson.

    Attributes:
        korean: The Korean texts of this lesson.
        common: Those that several lessons share.
        stays: What is the same in both editions.
        used: The English texts that occurred so far.
    """

    korean: dict
    common: dict
    stays: set
    used: set = field(default_factory=set)

    def find(self, text):
        """Returns the Korean for a text, or None."""
        if text in self.korean or text in self.stays:
            self.used.add(text)
            return self.korean.get(text)

        number = _EXERCISE.search(text)
        if number is None:
            return self._find_common(text)
        korean = self._find_common(text.replace(number[1], "NN.N"))
        return korean and korean.replace("NN.N", number[1])

    def _find_common(self, text):
        if text in self.common:
            self.used.add(text)
        return self.common.get(text)


def find_table(source_path):
    """Returns where the table of a lesson is, if it has one."""
    return source_path.parent / "ko" / f"{number_of(source_path)}.toml"


def read_table(source_path):
    """Returns the table of a lesson, which is empty where the lesson has none.

    Raises:
        LessonError: For a Korean text that lacks a number of the English one.
    """
    path = find_table(source_path)
    own_texts, common_texts = (_read_texts(file) for file in (path, path.with_name("common.toml")))
    table = Table(
        own_texts.get("korean", {}),
        common_texts.get("korean", {}),
        {*own_texts.get("stays", []), *common_texts.get("stays", [])},
    )
    for english, korean in {**table.common, **table.korean}.items():
        english_numbers, korean_numbers = (
            collections.Counter(find_numbers(_without_placeholders(text))) for text in (english, korean)
        )
        if english_numbers - korean_numbers:
            raise LessonError(f"{path.name}: the Korean lacks a number of {english!r}. Received: {korean!r}.")
    return table


def _read_texts(path):
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def find_numbers(text):
    """Returns the numbers in a text, sorted, as they are written but for zeros before them: lesson 01 is 1강."""
    return sorted(number.lstrip("0") for number in _NUMBER.findall(text))


def translate_cells(cells, table, name):
    """Returns the cells of the Korean edition, without outputs.

    Args:
        cells: Those of the English edition.
        table: A `Table`.
        name: Of the lesson, for errors.

    Raises:
        LessonError: For a text of the table that does not occur, or code that would differ in more than words.
    """
    korean_cells = []
    for cell in cells:
        if cell.code is None:
            korean_cells.append(cell)
            continue
        korean_cells.append(
            dataclasses.replace(
                cell,
                code=translate_code(cell.code, table, name),
                outputs=[],
                values={},
                asked=[_translate_names(expression, table) for expression in cell.wanted],
            )
        )
    unused_texts = [text for text in table.korean if text not in table.used]
    if unused_texts:
        raise LessonError(
            f"notebooks/source/ko/{name.partition('_')[0]}.toml translates what the lesson does not say (any more): "
            + "; ".join(map(repr, unused_texts))
        )
    return korean_cells


def translate_code(code, table, name):
    """Returns the code of a cell in Korean.

    Raises:
        LessonError: If more than words would differ.
    """
    translated_code, position = "", 0
    for words in find_words(code):
        original = code[words.start : words.end]
        korean = table.find(words.text)
        translated_code += code[position : words.start]
        position = words.end
        if korean is None:
            translated_code += _translate_names(original, table) if words.kind == "f-string" else original
        else:
            translated_code += _write(words, korean, code, translated_code, table)
    translated_code += code[position:]

    if skeleton(translated_code) != skeleton(code):
        raise LessonError(f"{name}: in Korean this cell would differ in more than its words:\n{translated_code}")
    return translated_code


def find_untranslated(cells, table):
    """Returns the visible texts of a lesson that have no Korean and are not said to stay."""
    found_words = [words for cell in cells if cell.code is not None for words in find_words(cell.code)]
    visible_texts = dict.fromkeys(words.text for words in found_words if words.is_visible)
    return [text for text in visible_texts if table.find(text) is None and text not in table.stays]


def find_words(code):
    """Returns the strings and comments of a cell in the order of the code."""
    line_starts = [0]
    for line in code.splitlines(keepends=True):
        line_starts.append(line_starts[-1] + len(line))

    found_strings = []
    _visit(digest.parse_code(code), None, code, line_starts, found_strings)
    spans = [(words.start, words.end) for words in found_strings]
    found_comments = [
        words
        for words in _find_comments(code, line_starts)
        if not any(start <= words.start < end for start, end in spans)
    ]
    return sorted(found_strings + found_comments, key=lambda words: words.start)


def skeleton(code):
    """Returns what is the same in all languages: the code without comments and without the words of its strings."""

    class WithoutWords(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.Constant("") if isinstance(node.value, str) else node

        def visit_JoinedStr(self, node):
            placeholders = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            for placeholder in placeholders:
                if isinstance(placeholder.value, ast.Constant):
                    placeholder.format_spec = None  # the width of a column depends on the word in it
                self.visit(placeholder.value)
                if isinstance(placeholder.value, ast.Constant):
                    placeholder.value = ast.Constant("")
            return ast.Constant(tuple(sorted(ast.dump(placeholder) for placeholder in placeholders)))

    return ast.dump(WithoutWords().visit(digest.parse_code(code)))


def compare_numbers(english_cells, korean_cells, name):
    """Looks whether both editions print the same numbers and fill the same numbers into their prose.

    Raises:
        LessonError: Where they do not, outside of cells with the tag `timing`.
    """
    pairs = [pair for pair in zip(english_cells, korean_cells, strict=True) if pair[0].code is not None]
    for position, (english, korean) in enumerate(pairs, start=1):
        texts = [[_printed(cell), *cell.values.values()] for cell in (english, korean)]
        if "timing" in english.tags:
            continue
        numbers = [find_numbers(" ".join(text)) for text in texts]
        if numbers[0] != numbers[1]:
            raise LessonError(
                f"{name}: code cell {position} gives other numbers in Korean. If this is another machine than the one "
                f"that executed it in English, build with --always. Received: {numbers[0]} and {numbers[1]}."
            )


def _printed(cell):
    printed_texts = []
    for output in cell.outputs:
        if output["output_type"] == "stream":
            printed_texts.append(output["text"])
        elif "image/png" not in output["data"]:
            printed_texts.append(output["data"].get("text/plain", ""))
    return " ".join("".join(text) for text in printed_texts)


# --- strings ----------------------------------------------------------------------------------------------------


def _visit(node, call_name, code, line_starts, found):
    """Collects the strings below a node; `call_name` is what the nearest call around it calls."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        start, end = (
            _offset(code, line_starts, row, column)
            for row, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        )
        kind = "f-string" if isinstance(node, ast.JoinedStr) else "string"
        text = _joined_text(code[start:end], kind)
        found.append(Words(text, kind, start, end, _is_visible(text, kind, call_name)))
        return

    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        _visit(node.value, None, code, line_starts, found)
        docstring = found.pop()
        text = " ".join(docstring.text.split())
        found.append(dataclasses.replace(docstring, text=text, kind="docstring", is_visible=True))
        return

    if isinstance(node, ast.Call):
        called_name = _called_name(node.func)
        _visit(node.func, call_name, code, line_starts, found)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            _visit(argument, called_name, code, line_starts, found)
        return

    if isinstance(node, ast.Subscript):
        _visit(node.value, call_name, code, line_starts, found)
        _visit(node.slice, None, code, line_starts, found)
        return

    for child in ast.iter_child_nodes(node):
        _visit(child, call_name, code, line_starts, found)


def _called_name(function):
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Name) and function.value.id == "plots":
            return "plots"
        return function.attr
    return function.id if isinstance(function, ast.Name) else None


def _is_visible(text, kind, call_name):
    names_a_column = kind == "f-string" and re.search(r"(?<!\{)\{['\"]", text) is not None
    literal_text = _without_placeholders(text) if kind == "f-string" else text
    if not _LETTERS.search(literal_text) and not names_a_column:
        return False
    return names_a_column or call_name in _SHOWING | {"plots"} or " " in literal_text.strip()


def _offset(code, line_starts, row, column):
    """Returns the offset of a place that the parser names by its row and its UTF-8 bytes in the row."""
    line = code[line_starts[row - 1] :].encode()[:column].decode()
    return line_starts[row - 1] + len(line)


def _joined_text(segment, kind):
    """Returns the text of the literals in a piece of source, joined."""
    text = ""
    for piece in _PIECE.finditer(segment):
        if piece["comment"]:
            continue
        prefix, quote = piece["prefix"].lower(), piece["quote"]
        if "f" not in prefix:
            value = ast.literal_eval(digest.parse_code(piece[0], "eval"))
            text += value.replace("{", "{{").replace("}", "}}") if kind == "f-string" else value
            continue
        for part in _split_placeholders(piece["body"]):
            is_code = part.startswith("{") and not part.startswith("{{")
            text += (
                part if is_code or "r" in prefix else ast.literal_eval(digest.parse_code(quote + part + quote, "eval"))
            )
    return text


def _split_placeholders(text):
    """Returns the parts of the text of an f-string: its placeholders, and what is between them."""
    parts, literal, position = [], "", 0
    while position < len(text):
        if text.startswith(("{{", "}}"), position):
            literal += text[position : position + 2]
            position += 2
        elif text[position] == "{":
            end = _find_end(text, position)
            parts += [literal, text[position:end]]
            literal, position = "", end
        else:
            literal += text[position]
            position += 1
    return [part for part in [*parts, literal] if part]


def _find_end(text, start):
    """Returns the offset behind the bracket that closes a placeholder."""
    depth, open_quote = 0, ""
    for position in range(start, len(text)):
        character = text[position]
        if open_quote:
            open_quote = "" if character == open_quote else open_quote
        elif character in "'\"":
            open_quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return position + 1
    raise LessonError(f"A placeholder is not closed: {text!r}.")


def _without_placeholders(text):
    """Returns a text without what is in braces."""
    try:
        return " ".join(part for part in _split_placeholders(text) if not re.match(r"\{(?!\{)", part))
    except LessonError:  # no f-string
        return text


def _translate_names(source, table):
    """Returns an expression, or the source of a string, with the strings in its placeholders translated."""

    def translate(match):
        if match["comment"]:
            return match[0]
        prefix, quote, body = match["prefix"], match["quote"], match["body"]
        if "f" in prefix.lower():
            parts = [_translate_placeholder(part, table) for part in _split_placeholders(body)]
            return prefix + quote + "".join(parts) + quote
        korean = table.find(ast.literal_eval(digest.parse_code(match[0], "eval")))
        return match[0] if korean is None else quote + korean + quote

    return _PIECE.sub(translate, source)


def _translate_placeholder(part, table):
    is_code = part.startswith("{") and not part.startswith("{{")
    return _translate_names(part, table) if is_code else part


# --- comments ---------------------------------------------------------------------------------------------------


def _find_comments(code, line_starts):
    """Returns the comments of a cell; lines of nothing but comment, one below the other, are one."""
    found_comments, last_row, last_column = [], None, None
    for token in tokenize.generate_tokens(io.StringIO(code + "\n").readline):
        if token.type != tokenize.COMMENT:
            continue
        row, column = token.start
        start = line_starts[row - 1] + column
        text = token.string.lstrip("#").strip()
        stands_alone = not token.line[:column].strip()
        if stands_alone and (row - 1, column) == (last_row, last_column):
            block = found_comments.pop()
            text = f"{block.text} {text}"
            start = block.start
        end = line_starts[row - 1] + column + len(token.string)
        found_comments.append(Words(text, "comment", start, end, _LETTERS.search(text) is not None))
        last_row, last_column = (row, column) if stands_alone else (None, None)
    return found_comments


# --- writing ----------------------------------------------------------------------------------------------------


def _write(words, korean, code, before, table):
    """Returns the source of a text in Korean, broken into lines where it is long."""
    current_line = before.rpartition("\n")[2]
    column = _columns(current_line)
    if words.kind == "comment":
        if current_line.strip():
            return f"# {korean}"
        return f"\n{current_line}".join(f"# {line}" for line in _wrap(korean, WIDTH - column - 2))
    if words.kind == "docstring":
        return _write_docstring(korean, current_line)

    original_source = code[words.start : words.end]
    first_piece = next(piece for piece in _PIECE.finditer(original_source) if not piece["comment"])
    quote = first_piece["quote"][0]
    parts = [korean] if words.kind == "string" else _split_placeholders(korean)
    if words.kind == "f-string":
        parts = [_translate_placeholder(part, table) for part in parts]
    whole_literal = _literal(parts, quote, words.kind)
    what_follows = code[words.end :].partition("\n")[0]
    indent = _find_indent(before)
    if column + _columns(whole_literal) + _columns(what_follows) <= WIDTH or indent is None or " " not in korean:
        return whole_literal
    return _break_literal(parts, quote, words.kind, column, indent, _columns(what_follows))


def _write_docstring(korean, current_line):
    indent = " " * _columns(current_line)
    if _columns(current_line) + _columns(korean) + 6 <= WIDTH:
        return f'"""{korean}"""'
    lines = _wrap(korean, WIDTH - len(indent) - 3)
    closing = "" if len(lines) == 1 else "\n" + indent
    return '"""' + f"\n{indent}".join(lines) + closing + '"""'


def _literal(parts, quote, kind):
    """Returns a literal of parts, some of them placeholders."""
    has_placeholder = any(_is_placeholder(part, kind) for part in parts)
    prefix = "f" if has_placeholder else ""
    body = ""
    for part in parts:
        if _is_placeholder(part, kind):
            body += part
            continue
        if kind == "f-string" and not has_placeholder:
            part = part.replace("{{", "{").replace("}}", "}")
        escaped_part = part.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        body += escaped_part.replace(quote, "\\" + quote)
    return prefix + quote + body + quote


def _is_placeholder(part, kind):
    return kind == "f-string" and part.startswith("{") and not part.startswith("{{")


def _break_literal(parts, quote, kind, column, indent, room_behind):
    """Returns neighbouring literals, each on a line, that Python joins to one text."""
    words = []  # each a list of parts that stay on one line
    for part in parts:
        pieces = [part] if _is_placeholder(part, kind) else re.findall(r" *[^ ]+ *| +", part)
        for piece in pieces:
            ends_word = not words or (words[-1] and words[-1][-1].endswith(" "))
            words.append([piece]) if ends_word else words[-1].append(piece)

    lines, room = [[]], WIDTH - column
    for word in words:
        wider_literal = _literal([*lines[-1], *word], quote, kind)
        if lines[-1] and _columns(wider_literal) > room - min(room_behind, 2):
            lines.append([])
            room = WIDTH - indent
        lines[-1] += word
    return ("\n" + " " * indent).join(_literal(line, quote, kind) for line in lines)


def _find_indent(before):
    """Returns the column at which what is in the innermost open bracket goes on, or None outside of brackets."""
    open_brackets = []
    for token in _tokens(before):
        if token.type != tokenize.OP:
            continue
        if token.string in "([{":
            open_brackets.append(token)
        elif token.string in ")]}":
            open_brackets.pop()
    if not open_brackets:
        return None

    bracket = open_brackets[-1]
    rest_of_line = before.splitlines()[bracket.start[0] - 1][bracket.end[1] :].strip()
    is_on_last_line = bracket.start[0] == len(before.splitlines()) and not before.endswith("\n")
    if rest_of_line or is_on_last_line:
        return _columns(before.splitlines()[bracket.start[0] - 1][: bracket.end[1]])
    current_line = before.rpartition("\n")[2]
    return len(current_line) - len(current_line.lstrip())


def _tokens(unfinished_code):
    """Yields tokens of code whose end is missing."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(unfinished_code).readline)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return


def _wrap(text, width):
    """Returns the lines of a text that are at most `width` columns wide."""
    lines = [""]
    for word in text.split():
        if lines[-1] and _columns(f"{lines[-1]} {word}") > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _columns(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
