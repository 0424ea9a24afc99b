"""Rules of the brokers' authorizer, in the few forms that tests need."""

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from support.kafka.admin import wait_until
from support.kafka.listeners import USERNAME

PRINCIPAL = f"User:{USERNAME}"
EVERY_NAME = "*"
_CALL_SECONDS = 30


def allowed(
    resource: ResourceType,
    name: str = EVERY_NAME,
    operation: AclOperation = AclOperation.ALL,
    *,
    principal: str = PRINCIPAL,
) -> AclBinding:
    return _rule(resource, name, operation, principal, AclPermissionType.ALLOW)


def denied(
    resource: ResourceType, name: str, operation: AclOperation = AclOperation.ALL, *, principal: str = PRINCIPAL
) -> AclBinding:
    """Wins over every rule that allows."""
    return _rule(resource, name, operation, principal, AclPermissionType.DENY)


def add(admin: AdminClient, *rules: AclBinding) -> None:
    """Returns when the broker goes by them: the controller, which answers first, may be ahead of it."""
    for made in admin.create_acls(list(rules)).values():
        made.result(_CALL_SECONDS)
    wait_until("the broker goes by the new rules", lambda: all(_holds(admin, rule) for rule in rules), _CALL_SECONDS)


def remove(admin: AdminClient, *rules: AclBinding) -> None:
    for deleted in admin.delete_acls([_filter_of(rule) for rule in rules]).values():
        deleted.result(_CALL_SECONDS)
    wait_until("the broker forgets the rules", lambda: not any(_holds(admin, rule) for rule in rules), _CALL_SECONDS)


def _holds(admin: AdminClient, rule: AclBinding) -> bool:
    return bool(admin.describe_acls(_filter_of(rule)).result(_CALL_SECONDS))


def _rule(
    resource: ResourceType, name: str, operation: AclOperation, principal: str, permission: AclPermissionType
) -> AclBinding:
    return AclBinding(resource, name, ResourcePatternType.LITERAL, principal, "*", operation, permission)


def _filter_of(rule: AclBinding) -> AclBindingFilter:
    """The filter that matches this rule alone."""
    return AclBindingFilter(
        rule.restype,
        rule.name,
        rule.resource_pattern_type,
        rule.principal,
        rule.host,
        rule.operation,
        rule.permission_type,
    )
