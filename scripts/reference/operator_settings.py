"""`docs/operator.md`, from the model that the operator reads its environment with."""

from typing import Any

from penstock_operator.settings import OperatorSettings, flag, variable
from reference.markdown import code, document, table

TEXT = """\
`python -m penstock_operator run` reads these from its environment; each may be given as a flag as well, which wins.
A wrong value ends it with exit code 2 and the name of the variable; a cluster whose CustomResourceDefinition lacks a
field that this version reads, with exit code 3 and the command that mends it.

`python -m penstock_operator render FILE` prints, without a cluster, all that would be made for the ModelDeployments in
a file, as it is once their first pre-flight has passed."""


def page() -> str:
    rows = (
        (code(variable(name)), code(flag(name)), _default(field), field.description or "")
        for name, field in OperatorSettings.model_fields.items()
    )
    return document("The operator's settings", TEXT, table(("variable", "flag", "default", "what it is"), rows))


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is None or default == ():
        return ""
    return code(str(default).lower() if isinstance(default, bool) else str(default))
