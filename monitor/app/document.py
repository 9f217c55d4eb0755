"""A YAML file as plain values, with the line of every value, refusing duplicate keys.

YAML 1.2 by ruamel.yaml: `no` and `on` are words, as people expect of a configuration.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from monitor.app.problems import ConfigError, Path, Problem

LONGEST = 16_000_000
"""Characters of a file that are read."""
MOST = 1_000_000
"""Values that a file may have: a few aliases of aliases can stand for any number of them."""


class _TooManyError(Exception):
    """The file has more values than MOST."""


@dataclass(slots=True)
class Document:
    """What a file says, and where it says it."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest place around it that the file has."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def parse(text: str, source: str) -> Document:
    """Read YAML. Duplicate keys are collected as problems; a file that is not YAML raises.

    Raises ConfigError.
    """
    if len(text) > LONGEST:
        raise ConfigError([Problem((), f"longer than {LONGEST} characters")], source)
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except RecursionError:
        raise ConfigError([Problem((), "too deeply nested")], source) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        what = (error.problem or error.context or "not YAML").strip()
        raise ConfigError([Problem((), f"not valid YAML: {what}", line=line)], source) from None
    except YAMLError as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError([Problem((), f"not valid YAML: {first}")], source) from None
    document = Document()
    if node is not None:
        try:
            document.value = _Reader(document, yaml.constructor).read(node, ())
        except RecursionError:
            raise ConfigError([Problem((), "an anchor contains itself")], source) from None
        except _TooManyError:
            wrong = f"more than {MOST} values once its anchors are written out"
            raise ConfigError([Problem((), wrong)], source) from None
    return document


class _Reader:
    """Walks the nodes once: values, lines, and keys that stand twice."""

    def __init__(self, document: Document, constructor: SafeConstructor) -> None:
        self._document = document
        self._constructor = constructor
        self._read = 0

    def read(self, node: Node, path: Path) -> Any:
        self._read += 1
        if self._read > MOST:
            raise _TooManyError
        self._document.lines[path] = node.start_mark.line + 1
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, n)) for n, item in enumerate(node.value)]
        if isinstance(node, MappingNode):
            return dict(self._pairs(node, path))
        return None

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        if str(node.tag).endswith(":timestamp"):
            return node.value  # a time stays the text that it is: YAML's own reading of it varies
        try:
            return self._constructor.construct_object(node)
        except (YAMLError, ValueError, LookupError, TypeError, AttributeError):
            wrong = f"cannot be read as {str(node.tag).rpartition(':')[2]}"
            line = node.start_mark.line + 1
            self._document.problems.append(Problem(path, wrong, "quote it if it is text", line))
            return None

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = str(key_node.value)
            if key in seen:
                wrong = f"the key stands twice, first in line {seen[key]}"
                problem = Problem((*path, key), wrong, "keep one of them", line)
                self._document.problems.append(problem)
                continue
            seen[key] = line
            value = self.read(value_node, (*path, key))
            self._document.lines[(*path, key)] = line
            yield key, value
