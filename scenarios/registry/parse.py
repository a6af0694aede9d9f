"""Turn the files of a registry into values, or say everything that is wrong with them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from scenarios.registry.bundle import bundle_digest
from scenarios.registry.document import Document, Path, document_read
from scenarios.registry.entry import Entry, entry_read
from scenarios.registry.explain import explained
from scenarios.registry.order import order_refuse
from scenarios.registry.problems import Problem, RegistryError
from scenarios.registry.schema import file_validator
from scenarios.registry.spec import Registry, ScenarioSpec
from scenarios.registry.variables import Configuration

MOST_PROBLEMS = 200  # more than anybody reads; a text of another kind has thousands


def registry_parse(
    texts: Sequence[tuple[str, str]], configuration: Configuration, *, institutions: Collection[str] | None = None
) -> Registry:
    """Return the registry that the files (name, text) make together, with the configuration filled in.

    Pure: reads no file, setting or database. ``institutions`` are the slugs that an entry may name;
    None: any. Raises RegistryError with *all* problems.
    """
    registry, problems = registry_read(texts, configuration, institutions=institutions)
    if problems:
        raise RegistryError(problems)
    return registry


def registry_read(
    texts: Sequence[tuple[str, str]], configuration: Configuration, *, institutions: Collection[str] | None = None
) -> tuple[Registry, list[Problem]]:
    """Like ``registry_parse``, but return what is sound together with the problems of the rest."""
    documents = [document_read(name, text) for name, text in texts]
    entries = [entry for document in documents for entry in _entries(document, configuration)]
    _refuse_twins(entries)
    _refuse_strangers(entries, institutions)
    order_refuse(entries)
    problems = [problem for document in documents for problem in sorted(set(document.problems), key=_by_line)]
    specs = {entry.spec.id: entry.spec for entry in entries if entry.spec}
    sound = {name: _with_known_parents(specs[name], specs) for name in sorted(specs)}
    return Registry(bundle_digest(texts), sound), _at_most(problems)


def _with_known_parents(spec: ScenarioSpec, specs: Mapping[str, ScenarioSpec]) -> ScenarioSpec:
    known = tuple(parent for parent in spec.depends_on if parent in specs)
    return spec if known == spec.depends_on else replace(spec, depends_on=known)


def _entries(document: Document, configuration: Configuration) -> Iterator[Entry]:
    if document.root is None and document.problems:
        return
    faulty: set[Path] = set()
    for path, message in explained(file_validator().iter_errors(document.root)):
        document.refuse(path, message)
        faulty.update(path[:length] for length in range(len(path) + 1))
    scenarios = document.root.get("scenarios") if isinstance(document.root, dict) else None
    for index, raw in enumerate(scenarios if isinstance(scenarios, list) else ()):
        if entry := entry_read(document, ("scenarios", index), raw, configuration, faulty):
            yield entry


def _refuse_twins(entries: Iterable[Entry]) -> None:
    first: dict[str, Entry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.id, entry)
        if earlier is not entry:
            where = f"{earlier.document.file}:{earlier.document.line((*earlier.path, 'id'))}"
            entry.document.refuse((*entry.path, "id"), f"{entry.id!r} is already in {where}")


def _refuse_strangers(entries: Iterable[Entry], institutions: Collection[str] | None) -> None:
    for entry in entries:
        if institutions is not None and entry.institution not in institutions:
            entry.document.refuse((*entry.path, "institution"), f"there is no institution {entry.institution!r}")


def _by_line(problem: Problem) -> tuple[int, str, str]:
    return problem.line, problem.path, problem.message


def _at_most(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MOST_PROBLEMS:
        return problems
    left = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], Problem(problems[MOST_PROBLEMS].file, 0, "", f"and {left} more problems")]
