"""Why the worker or its pre-flight ended.

Stable names and exit codes: the API that the operator and `penstock run` read. Cause and remedy are for people, and are
what `docs/reasons.md` is generated from.
"""

from enum import Enum


class Reason(Enum):
    """One stable CamelCase reason and its exit code. Codes never change; new ones are added at the end."""

    SETTINGS_REFUSED = (
        "SettingsRefused",
        2,
        "A settings file, or the file given to `penstock`, is missing, malformed, or breaks a rule.",
        "Mend the field that the message names; `penstock render -f FILE` checks without starting anything.",
    )
    BROKERS_UNREACHABLE = (
        "BrokersUnreachable",
        3,
        "No broker answered in time: a wrong address, a firewall, or something on that port that is not Kafka.",
        "From where the worker runs: `nc -vz HOST PORT`, for the addresses that the brokers advertise as well.",
    )
    TLS_FAILED = (
        "TlsFailed",
        4,
        "The broker's certificate could not be verified, it did not accept the client's, or one side speaks no TLS.",
        "`openssl s_client -connect HOST:PORT -CAfile ca.crt` shows the certificate and the verdict on it.",
    )
    AUTHENTICATION_FAILED = (
        "AuthenticationFailed",
        5,
        "The brokers refused the login, or want a login where `kafka.sasl` is not set.",
        "`kafka-configs --bootstrap-server HOST:PORT --describe --entity-type users` lists the SCRAM users; compare "
        "user, mechanism and listener.",
    )
    AUTHORIZATION_FAILED = (
        "AuthorizationFailed",
        6,
        "The user may log in but lacks an operation: Read on the input topic and the group, or Write on output or "
        "error topic.",
        "`kafka-acls --bootstrap-server HOST:PORT --add --allow-principal User:NAME --operation OPERATION --topic "
        "TOPIC`, with what the message names.",
    )
    TOPIC_MISSING = (
        "TopicMissing",
        7,
        "A topic does not exist and may not be created; the input topic never is in a cluster.",
        "`kafka-topics --bootstrap-server HOST:PORT --create --topic TOPIC`, or set `kafka.createTopics: {}` for "
        "output and error topic.",
    )
    SECRET_MISSING = (
        "SecretMissing",
        8,
        "A Secret, or a key in it, that `kafka` names does not exist, is empty, or is no text.",
        "`kubectl create secret generic NAME --from-file=KEY=FILE`; for a local run, `--secrets-dir` with `NAME/KEY`.",
    )
    KEY_FORMAT_UNSUPPORTED = (
        "KeyFormatUnsupported",
        9,
        "The client's private key is in a form that the worker or KEDA cannot read, or its password does not open it.",
        "`openssl pkcs8 -topk8 -v2 aes-256-cbc -in user.key -out user.key.pkcs8`, or the command in the message.",
    )
    GROUP_IN_USE = (
        "GroupInUse",
        10,
        "The consumer group has members that are not workers of this deployment, or, for `offsets reset`, any members.",
        "`kafka-consumer-groups --bootstrap-server HOST:PORT --describe --members --group GROUP`; stop them, or choose "
        "another `kafka.consumerGroup`.",
    )
    WORKER_TOO_OLD = (
        "WorkerTooOld",
        11,
        "The settings hold a key that this worker does not know, or ask for what it cannot do.",
        "Remove the field that the message names, or use a newer worker.",
    )
    MODEL_UNREACHABLE = (
        "ModelUnreachable",
        12,
        "The pre-flight could not connect to the model that `model.url` names; or the model of a local run ended.",
        "`curl -i URL` from where the worker runs; in a local run, the model's last lines are shown.",
    )
    CLIENT_FATAL = (
        "ClientFatal",
        13,
        "The Kafka client met an error that it cannot recover from, or a broker answered with one that has no reason "
        "of its own.",
        "Start the worker again: it goes on from the committed offsets. If it comes back, "
        "`kubectl logs --previous POD` has the cause.",
    )
    TOPIC_CREATION_FAILED = (
        "TopicCreationFailed",
        14,
        "The brokers refused to create a topic: more replicas than brokers, a topic setting that they do not take, or "
        "a policy.",
        "Change `kafka.createTopics`, or create the topic by hand: `kafka-topics --bootstrap-server HOST:PORT --create "
        "--topic TOPIC`.",
    )

    def __init__(self, text: str, exit_code: int, cause: str, remedy: str) -> None:
        self.text = text
        self.exit_code = exit_code
        self.cause = cause
        self.remedy = remedy
