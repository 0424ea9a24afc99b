"""Every reason that a condition or an event can have: stable names, the API that scripts read.

Cause and remedy are for people, and are what `docs/reasons.md` is generated from. Reasons with which a worker or its
pre-flight ended are the worker's own; only their names and exit codes are repeated here, and a test holds the two
together, since neither package imports the other.
"""

from enum import Enum
from typing import Final


class Tone(Enum):
    GOOD = "as it should be"
    WAITING = "on its way; nobody need do anything"
    FAULT = "somebody has to do something"


class Reason(Enum):
    """One stable CamelCase reason of the operator's own."""

    READY = ("Ready", Tone.GOOD, "Records flow as the spec asks.", "")
    SCALED_TO_ZERO = (
        "ScaledToZero",
        Tone.GOOD,
        "No worker is wanted: there is no backlog, or `spec.scaling.replicas` is 0.",
        "",
    )
    PAUSED = ("Paused", Tone.GOOD, "`spec.paused` is true, so no worker runs.", "Set `spec.paused: false` to go on.")
    SETTLED = ("Settled", Tone.GOOD, "Everything is as the spec asks.", "")
    NOT_STALLED = ("NotStalled", Tone.GOOD, "Nothing in the spec has to change.", "")
    PREPARED = ("Prepared", Tone.GOOD, "The pre-flight passed on the Kafka settings that workers use.", "")
    REVISION_ACTIVATED = ("RevisionActivated", Tone.GOOD, "Workers move to new Kafka settings.", "")
    MODEL_AVAILABLE = ("ModelAvailable", Tone.GOOD, "The model runs and answers.", "")
    WORKERS_AVAILABLE = ("WorkersAvailable", Tone.GOOD, "Every worker that is wanted is ready.", "")
    SCALING_BY_LAG = ("ScalingByLag", Tone.GOOD, "KEDA reads the consumer group's lag.", "")
    FIXED_REPLICAS = ("FixedReplicas", Tone.GOOD, "`spec.scaling.mode: Fixed`: nothing scales.", "")

    PREPARING = (
        "Preparing",
        Tone.WAITING,
        "The pre-flight of the Kafka settings runs.",
        "`kubectl get jobs,pods -l app.kubernetes.io/instance=NAME,app.kubernetes.io/component=prepare`",
    )
    AWAITING_KAFKA = (
        "AwaitingKafka",
        Tone.WAITING,
        "No worker is started before the first pre-flight passed.",
        "See the condition KafkaReady.",
    )
    APPLYING = ("Applying", Tone.WAITING, "Children are being written.", "")
    ROLLING_OUT = ("RollingOut", Tone.WAITING, "Workers of a new template replace the ones before.", "")
    STARTING = ("Starting", Tone.WAITING, "Pods start; none of them tells of a problem.", "")
    NOT_YET_VERIFIED = (
        "NotYetVerified",
        Tone.WAITING,
        "With `minReplicas: 0` a new model or new Kafka settings first bring one worker to Ready.",
        "See the pods: `kubectl get pods -l app.kubernetes.io/instance=NAME`.",
    )
    NOT_OBSERVED = (
        "NotObserved",
        Tone.WAITING,
        "No worker could be asked how the model answers: none runs yet, or the operator cannot reach its pod.",
        "Allow the operator's namespace to reach port 8089 of the workers (NetworkPolicy).",
    )
    SCALER_PENDING = ("ScalerPending", Tone.WAITING, "KEDA has not judged the ScaledObject yet.", "")
    CHILD_TERMINATING = (
        "ChildTerminating",
        Tone.WAITING,
        "An object of that name, of an earlier resource of this name or already deleted, has to go first.",
        "`kubectl get KIND NAME -o jsonpath='{.metadata.finalizers}'` shows what holds it.",
    )

    INVALID_SPEC = (
        "InvalidSpec",
        Tone.FAULT,
        "The API server took a spec that this operator cannot read: its CRD is of another version.",
        "Mend the field that the message names, or install the CRD of the operator's version.",
    )
    POLICY_DENIED = (
        "PolicyDenied",
        Tone.FAULT,
        "The administrator allows other brokers or images only.",
        "Use what is allowed, or ask for `policy.allowedBootstrapServers` or `policy.allowedImages` of the chart.",
    )
    CONFLICT = (
        "Conflict",
        Tone.FAULT,
        "An object that this resource needs has a name that belongs to somebody else; it is never touched.",
        "`kubectl get KIND NAME -o yaml` shows whose it is; rename or delete it, or rename this resource.",
    )
    CHILD_REFUSED = (
        "ChildRefused",
        Tone.FAULT,
        "The API server, a quota or an admission policy refused a child.",
        "Change what the message names.",
    )
    PREPARE_FAILED = (
        "PrepareFailed",
        Tone.FAULT,
        "The pre-flight's pod ended without a result: evicted, out of memory, or its image could not be run.",
        "`kubectl describe pods -l app.kubernetes.io/instance=NAME,app.kubernetes.io/component=prepare`",
    )
    PREPARE_TIMED_OUT = (
        "PrepareTimedOut",
        Tone.FAULT,
        "The pre-flight did not end within its two minutes.",
        "`kubectl describe pods -l app.kubernetes.io/instance=NAME,app.kubernetes.io/component=prepare`",
    )
    ACTIVE_REVISION_LOST = (
        "ActiveRevisionLost",
        Tone.FAULT,
        "The ConfigMap with the Kafka settings that workers use was deleted, and the spec asks for others by now.",
        "Workers go on, but none is started; make the spec pass the pre-flight, or set it back.",
    )
    OUTPUT_UNWRITABLE = (
        "OutputUnwritable",
        Tone.FAULT,
        "A worker cannot write to the output or error topic; it holds its records.",
        "`kubectl logs -l app.kubernetes.io/instance=NAME -c bridge` names the topic and the broker's answer.",
    )
    MODEL_DOWN = (
        "ModelDown",
        Tone.FAULT,
        "The model does not answer, or answers nothing but errors; workers hold their records.",
        "See the model's own log; workers go on by themselves once it answers.",
    )
    MODEL_MISCONFIGURED = (
        "ModelMisconfigured",
        Tone.FAULT,
        "The model refuses every request with 401, 403, 404 or 405, or their like in gRPC.",
        "Compare `model.protocol`, `model.path` and `model.name` with what the model serves.",
    )
    MODEL_NOT_LISTENING = (
        "ModelNotListening",
        Tone.FAULT,
        "The model's container runs but takes no connection on its port.",
        "Compare `model.port` with where the model listens; `kubectl logs POD -c model`.",
    )
    MODEL_NOT_AVAILABLE = (
        "ModelNotAvailable",
        Tone.FAULT,
        "No pod of the model is ready.",
        "`kubectl get pods -l app.kubernetes.io/instance=NAME,app.kubernetes.io/component=model`",
    )
    MODEL_IMAGE_RUNS_AS_ROOT = (
        "ModelImageRunsAsRoot",
        Tone.FAULT,
        "The image's user is root, or a name that Kubernetes cannot prove not to be root.",
        "Set `model.securityContext.runAsUser`, or give the image a numeric USER.",
    )
    IMAGE_PULL_BACK_OFF = (
        "ImagePullBackOff",
        Tone.FAULT,
        "An image could not be pulled.",
        "`kubectl describe pod POD` has the registry's answer; see `template.imagePullSecrets`.",
    )
    OUT_OF_MEMORY = (
        "OutOfMemory",
        Tone.FAULT,
        "A container was killed because it used more memory than its limit.",
        "Raise `resources.limits.memory` of the container that the message names.",
    )
    CRASH_LOOPING = (
        "CrashLooping",
        Tone.FAULT,
        "A container ends again and again.",
        "`kubectl logs POD -c CONTAINER --previous`",
    )
    CONTAINER_CONFIG_ERROR = (
        "ContainerConfigError",
        Tone.FAULT,
        "A container cannot be made from its settings, for example because a ConfigMap does not exist.",
        "`kubectl describe pod POD`",
    )
    UNSCHEDULABLE = (
        "Unschedulable",
        Tone.FAULT,
        "No node takes the pod.",
        "`kubectl describe pod POD` says what the nodes lack; see `resources` and `template`.",
    )
    POD_NOT_STARTED = (
        "PodNotStarted",
        Tone.FAULT,
        "A pod has a node but no container for a minute and a half: a volume, ConfigMap or Secret is missing, or its "
        "image is large.",
        "`kubectl describe pod POD` tells which.",
    )
    PODS_REFUSED = (
        "PodsRefused",
        Tone.FAULT,
        "Pods may not be created: a quota, a policy, or a service account that does not exist.",
        "`kubectl describe replicasets -l app.kubernetes.io/instance=NAME`",
    )
    ROLLOUT_STUCK = (
        "RolloutStuck",
        Tone.FAULT,
        "New pods did not become ready in time; those before them go on.",
        "`kubectl logs POD -c bridge` and `-c model` of the newest pod.",
    )
    SCALER_STUCK = (
        "ScalerStuck",
        Tone.FAULT,
        "The ScaledObject does not go away: KEDA, which holds its finalizer, does not run.",
        "Start KEDA again, or remove the finalizer: `kubectl edit scaledobject NAME`.",
    )
    SCALER_NOT_READY = (
        "ScalerNotReady",
        Tone.FAULT,
        "KEDA cannot scale by the consumer group's lag.",
        "`kubectl describe scaledobject NAME`, and the log of KEDA's operator.",
    )
    KEDA_NOT_INSTALLED = (
        "KedaNotInstalled",
        Tone.FAULT,
        "`spec.scaling.mode: Lag` needs KEDA; until it is there the number of workers stays as it is.",
        "Install KEDA, or set `spec.scaling.mode: Fixed`.",
    )

    def __init__(self, text: str, tone: Tone, cause: str, remedy: str) -> None:
        self.text = text
        self.tone = tone
        self.cause = cause
        self.remedy = remedy


class WorkerReason(Enum):
    """Why a worker or its pre-flight ended, as they name it, and the exit code."""

    SETTINGS_REFUSED = ("SettingsRefused", 2)
    BROKERS_UNREACHABLE = ("BrokersUnreachable", 3)
    TLS_FAILED = ("TlsFailed", 4)
    AUTHENTICATION_FAILED = ("AuthenticationFailed", 5)
    AUTHORIZATION_FAILED = ("AuthorizationFailed", 6)
    TOPIC_MISSING = ("TopicMissing", 7)
    SECRET_MISSING = ("SecretMissing", 8)
    KEY_FORMAT_UNSUPPORTED = ("KeyFormatUnsupported", 9)
    GROUP_IN_USE = ("GroupInUse", 10)
    WORKER_TOO_OLD = ("WorkerTooOld", 11)
    MODEL_UNREACHABLE = ("ModelUnreachable", 12)
    CLIENT_FATAL = ("ClientFatal", 13)
    TOPIC_CREATION_FAILED = ("TopicCreationFailed", 14)

    def __init__(self, text: str, exit_code: int) -> None:
        self.text = text
        self.exit_code = exit_code
        self.tone = Tone.FAULT


AnyReason = Reason | WorkerReason

KNOWN: Final = {reason.text: reason for reason in (*Reason, *WorkerReason)}
"""By the text that a status holds."""

WORKER_EXITS: Final = {reason.exit_code: reason for reason in WorkerReason}

ENDS_IN_THE_SPEC: Final = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.POLICY_DENIED,
        Reason.MODEL_IMAGE_RUNS_AS_ROOT,
        WorkerReason.SETTINGS_REFUSED,
        WorkerReason.GROUP_IN_USE,
    }
)
"""What nothing but a change of the spec is expected to mend: these make a resource Stalled."""

OF_A_POD: Final = frozenset(
    {
        Reason.MODEL_IMAGE_RUNS_AS_ROOT,
        Reason.IMAGE_PULL_BACK_OFF,
        Reason.OUT_OF_MEMORY,
        Reason.CONTAINER_CONFIG_ERROR,
        Reason.UNSCHEDULABLE,
        Reason.POD_NOT_STARTED,
    }
)
"""Why a pod's program does not get to speak for itself."""
