"""`spec.kafka`: brokers, credentials by reference, topics. All but the topics is the same in every custom resource."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.kafka_client_config import ConsumerConfig, ProducerConfig
from penstock_operator.api.keyed import Unique
from penstock_operator.api.rules import kafka as rules
from penstock_operator.api.text import (
    BootstrapServer,
    ConsumerGroup,
    DataKey,
    DnsSubdomain,
    Line,
    OAuthScope,
    SaslExtension,
    Topic,
    Url,
    Word,
)


class SecretKeyRef(ApiModel):
    """One key of a Secret in the resource's own namespace."""

    secret_name: DnsSubdomain = Field(description="secretName is the Secret's name, in the resource's own namespace.")
    key: DataKey = Field(description="key is the entry of the Secret that holds the value.")


class Tls(ApiModel):
    rules = (rules.CA_WITH_TRUST_SECRET, rules.CERTIFICATE_WITH_KEY, rules.KEY_PASSWORD_NEEDS_KEY)

    trust: Literal["System", "Secret"] = Field(
        description="trust says whose certificates are believed: System, those of the image's operating system; "
        "Secret, those in ca. It is required, so that an emptied tls block can never mean plaintext."
    )
    ca: Unset[SecretKeyRef] = Field(
        default=None, description="ca is the PEM bundle of certificate authorities; with trust: Secret only."
    )
    certificate: Unset[SecretKeyRef] = Field(
        default=None, description="certificate is the client's PEM certificate; together with key."
    )
    key: Unset[SecretKeyRef] = Field(
        default=None, description="key is the client's PEM private key; together with certificate."
    )
    key_password: Unset[SecretKeyRef] = Field(
        default=None, description="keyPassword opens an encrypted PKCS#8 key; only together with key."
    )


class OAuth(ApiModel):
    token_endpoint_url: Url = Field(
        description="tokenEndpointUrl is where tokens are asked for, with the client credentials grant; use https."
    )
    client_id: SecretKeyRef = Field(description="clientId is the OAuth client's id.")
    client_secret: SecretKeyRef = Field(description="clientSecret is the OAuth client's secret.")
    scopes: Annotated[Items[OAuthScope], Unique()] = Field(
        default=(), max_length=16, description="scopes are asked for with the token; at most 16."
    )
    extensions: Mapping[str, SaslExtension] = Field(
        default={},
        max_length=16,
        description="extensions are SASL extensions sent to the broker (KIP-342), without commas; at most 16.",
    )


class Sasl(ApiModel):
    rules = (rules.OAUTH_WITH_OAUTHBEARER, rules.PASSWORD_FITS_MECHANISM)

    mechanism: Literal["Plain", "ScramSha256", "ScramSha512", "OAuthBearer"] = Field(
        description="mechanism is the SASL mechanism. Plain and OAuthBearer send the credential itself and need tls."
    )
    username: Unset[SecretKeyRef] = Field(
        default=None, description="username is required by Plain, ScramSha256 and ScramSha512."
    )
    password: Unset[SecretKeyRef] = Field(
        default=None, description="password is required by Plain, ScramSha256 and ScramSha512."
    )
    oauth: Unset[OAuth] = Field(default=None, description="oauth is required by OAuthBearer, and only there.")


class BasicAuth(ApiModel):
    username: SecretKeyRef = Field(description="username is the user name.")
    password: SecretKeyRef = Field(description="password is the password.")


class SchemaRegistry(ApiModel):
    rules = (rules.REGISTRY_TLS_NEEDS_HTTPS, rules.REGISTRY_PASSWORD_NEEDS_HTTPS)

    url: Url = Field(description="url is the registry's address, for example https://registry:8081.")
    input_format: Literal["Avro", "JsonSchema"] = Field(
        default="Avro", description="inputFormat is how the values of the input topic are encoded."
    )
    output_subject: Unset[Word] = Field(
        default=None,
        description="outputSubject is the subject whose latest schema encodes output values. Unset: JSON is written.",
    )
    error_subject: Unset[Word] = Field(
        default=None,
        description="errorSubject is the subject whose latest schema encodes error values. Unset: JSON is written.",
    )
    basic_auth: Unset[BasicAuth] = Field(
        default=None, description="basicAuth is the registry's user name and password; needs an https url."
    )
    tls: Unset[Tls] = Field(default=None, description="tls is how the registry is trusted; needs an https url.")


class CreateTopics(ApiModel):
    partitions: Unset[int] = Field(
        default=None,
        ge=1,
        le=10000,
        description="partitions is the number of partitions of a created topic. Unset: as many as the input topic has.",
    )
    replication_factor: Unset[int] = Field(
        default=None,
        ge=1,
        le=32,
        description="replicationFactor is the number of copies of each partition. Unset: the broker's default.",
    )
    config: Mapping[str, Line] = Field(
        default={},
        max_length=64,
        description="config holds topic settings by Kafka's own names, values in quotes; at most 64.",
    )


class Topics(ApiModel):
    rules = (rules.OUTPUT_DIFFERS_FROM_INPUT, rules.ERROR_DIFFERS_FROM_INPUT, rules.DEFAULT_ERROR_TOPIC_FITS)

    input: Topic = Field(description="input is the topic that is read.")
    output: Topic = Field(description="output is the topic that the model's answers go to.")
    error: Unset[Topic] = Field(
        default=None,
        description="error is the topic for records without an answer; may be the output. Unset: <output>.errors.",
    )


class KafkaClient(ApiModel):
    """The kafka block without its topics, which differ from resource to resource."""

    rules = (rules.SENT_CREDENTIALS_NEED_TLS,)

    bootstrap_servers: Annotated[Items[BootstrapServer], Unique()] = Field(
        min_length=1, max_length=32, description="bootstrapServers are the brokers to begin with, each as host:port."
    )
    consumer_group: Unset[ConsumerGroup] = Field(
        default=None, description="consumerGroup is the group that reads. Unset: model.<namespace>.<name>."
    )
    start_from: Literal["Latest", "Earliest"] = Field(
        default="Latest",
        description="startFrom is where a partition without a committed offset begins: Latest, with records sent after "
        "the resource was created; Earliest, with the oldest that the topic retains.",
    )
    create_topics: Unset[CreateTopics] = Field(
        default=None,
        description="createTopics, also when empty, has the topics that are written created where missing; never the "
        "input. Where the replication factor is 3 or more they get min.insync.replicas=2.",
    )
    tls: Unset[Tls] = Field(default=None, description="tls encrypts the connection. Unset: plaintext.")
    sasl: Unset[Sasl] = Field(default=None, description="sasl says how the client authenticates.")
    schema_registry: Unset[SchemaRegistry] = Field(
        default=None, description="schemaRegistry decodes and encodes values by registered schemas."
    )
    consumer_config: ConsumerConfig = Field(
        default=ConsumerConfig(), description="consumerConfig tunes the consumer, by librdkafka's own names."
    )
    producer_config: ProducerConfig = Field(
        default=ProducerConfig(), description="producerConfig tunes the producer, by librdkafka's own names."
    )


class Kafka(KafkaClient):
    """The kafka block of a ModelDeployment."""

    topics: Topics = Field(description="topics are the input, output and error topic.")
