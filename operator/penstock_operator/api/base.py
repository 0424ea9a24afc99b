"""What every part of a custom resource has in common: the strictness of the API server, and the rules of its class.

A document must get the same verdict here and there. So types are strict (no "8080" for 8080), unknown keys are
refused, only the camelCase names of the wire are known, and null is no value: what is unset is absent.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from penstock_operator.api.rules.rule import Rule

Value = TypeVar("Value")


class _Absent:
    """On the wire the inner type alone, so that neither the schema nor a document can say null."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        (inner,) = (option for option in get_args(source) if option is not NoneType)
        return handler(inner)


Unset = Annotated[Value | None, _Absent()]
"""A field that may be left out: None in Python, absent on the wire."""

Items = Annotated[tuple[Value, ...], Strict(False)]
"""A list on the wire. Only the container is lax, since strict mode would refuse a list for a tuple."""


class ApiModel(BaseModel):
    """One object of a custom resource: frozen, strict, camelCase, unknown keys refused, its rules kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a document may hold a secret where none belongs
        strict=True,
        validate_by_alias=True,
        validate_by_name=False,
    )

    rules: ClassVar[tuple[Rule[Any], ...]] = ()

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        broken = [rule for rule in self.rules if not rule.holds(self)]
        if broken:
            raise ValidationError.from_exception_data(type(self).__name__, [_refusal(rule) for rule in broken])
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        if cls.rules:
            handler.resolve_ref_schema(schema)["x-kubernetes-validations"] = [rule.validation for rule in cls.rules]
        return schema


def _refusal(rule: Rule[Any]) -> InitErrorDetails:
    error = PydanticCustomError("rule", "{message}", {"message": rule.message, "rule": rule.name})
    return InitErrorDetails(type=error, loc=rule.location, input=None)


class WireSchema(GenerateJsonSchema):
    """The schema as a CRD wants it: no titles, no default for what is merely absent, {} for an object of defaults."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        default = schema.get("default")
        inner = self.generate_inner(schema["schema"])
        if isinstance(default, ApiModel):
            return {**inner, "default": {}}
        if default is None or default == () or (isinstance(default, Mapping) and not default):
            return inner
        return super().default_schema(schema)
