"""Where secrets come from: `{env: NAME}` or `{file: PATH}`, read when the configuration is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from monitor.app.problems import Path as Place
from monitor.app.problems import Problem

PLACES = ("omilia", "credentials", "channels", "access", "store", "maintenance")
"""The parts of the file in which a reference to a secret is understood."""


class ReferencedSecret(SecretStr):
    """A secret that remembers where it came from, so that it can be shown as that."""

    def __init__(self, secret_value: str, reference: Mapping[str, str]) -> None:
        super().__init__(secret_value)
        self.reference = dict(reference)


def resolve(
    value: dict[str, Any], environ: Mapping[str, str], base: Path, problems: list[Problem]
) -> dict[str, Any]:
    """Replace every reference by its secret. What cannot be had is added to `problems`.

    A secret that is missing is replaced by a stand-in, so that the rest can still be checked.
    """
    resolver = _Resolver(environ, base, problems)
    return {
        key: resolver.walk(part, (key,)) if key in PLACES else part for key, part in value.items()
    }


class _Resolver:
    def __init__(self, environ: Mapping[str, str], base: Path, problems: list[Problem]) -> None:
        self._environ = environ
        self._base = base
        self._problems = problems

    def walk(self, value: Any, path: Place) -> Any:
        if isinstance(value, list):
            return [self.walk(item, (*path, n)) for n, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if list(value) in (["env"], ["file"]) and all(isinstance(v, str) for v in value.values()):
            return self._read(value, path)
        return {key: self.walk(item, (*path, key)) for key, item in value.items()}

    def _read(self, reference: dict[str, str], path: Place) -> ReferencedSecret:
        if "env" in reference:
            text = self._environ.get(reference["env"])
            missing = f"the environment variable {reference['env']} is not set"
        else:
            text, missing = self._from_file(reference["file"])
        if text is None or not text.strip():
            wrong = missing if text is None else missing.replace("is not set", "is empty")
            self._problems.append(Problem(path, wrong))
            text = "https://missing.invalid/"
        elif any(character < " " for character in text.strip()):
            wrong = "the secret has more than one line, or a control character in it"
            self._problems.append(Problem(path, wrong))
            text = "https://missing.invalid/"
        return ReferencedSecret(text.strip(), reference)

    def _from_file(self, name: str) -> tuple[str | None, str]:
        file = self._base / name
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None, f"the file {file} does not exist"
        except (OSError, ValueError) as error:
            return None, f"the file {file} cannot be read: {type(error).__name__}"
        return text, f"the file {file} is empty"
