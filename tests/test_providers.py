"""The connections that prometrix makes, of each provider, with our time limits: credentials arrive as they should."""

import json
import time
from collections.abc import Iterator

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from prometrix import (
    AWSPrometheusConfig,
    AzurePrometheusConfig,
    CoralogixPrometheusConfig,
    PrometheusConfig,
    VictoriaMetricsPrometheusConfig,
    get_custom_prometheus_connect,
)
from robusta.core.model.base_params import PrometheusParams

from metric_server import MetricServer, Question, Reply, answering, ok, row
from robusta_volumes._cluster.live_metrics import LiveMetrics
from robusta_volumes._cluster.live_prometrix import PrometrixTransport
from robusta_volumes._cluster.promql import USED
from robusta_volumes._host.prometheus import connected
from robusta_volumes._model.errors import NotAuthenticated, Unavailable

WORD = "s3cret"
ROWS = [row("shop", "data", 7, __name__=USED)]


def asked(config: PrometheusConfig, seconds: float = 10) -> int | None:
    metrics = LiveMetrics(PrometrixTransport(get_custom_prometheus_connect(config)), seconds)
    return metrics.now({"shop": ["data"]})["shop", "data"].used


@pytest.fixture
def server() -> Iterator[MetricServer]:
    with answering(lambda _: ok(ROWS)) as made:
        yield made


def test_robustas_own_configuration_is_used_whole(server: MetricServer) -> None:
    params = PrometheusParams(
        prometheus_url=server.url + "/prom/",
        prometheus_auth=f"Bearer {WORD}",
        prometheus_url_query_string="?tenant=b&dedup=true",
        prometheus_additional_headers={"X-Scope-OrgID": "a"},
    )
    metrics = LiveMetrics(connected(params), 10, labels={"cluster": "blue"})
    assert metrics.now({})["shop", "data"].used == 7
    question = server.asked[0]
    assert question.path == "/prom/api/v1/query"
    assert question.address == {"tenant": "b", "dedup": "true"}
    assert (question.headers["Authorization"], question.headers["X-Scope-OrgID"]) == (f"Bearer {WORD}", "a")
    assert 'cluster="blue"' in question.query
    assert metrics.source == f"Prometheus at {server.url}/prom"


def test_victoriametrics_and_coralogix_are_asked_in_the_same_way(server: MetricServer) -> None:
    assert asked(VictoriaMetricsPrometheusConfig(url=server.url)) == 7
    assert asked(CoralogixPrometheusConfig(url=server.url, prometheus_token=WORD)) == 7
    assert server.asked[-1].headers["Authorization"] == f"Bearer {WORD}"


def test_amazon_gets_a_signature_of_what_was_sent(server: MetricServer) -> None:
    config = AWSPrometheusConfig(
        url=server.url + "/workspaces/ws-1",
        access_key="AKIAEXAMPLE",
        secret_access_key=WORD,
        aws_region="eu-central-1",
        prometheus_url_query_string="a=b",
    )
    assert asked(config) == 7
    question = server.asked[0]
    assert question.address == {"a": "b"}
    assert question.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert question.headers["Authorization"].endswith(f"Signature={signature(server.url, question)}")


def signature(url: str, question: Question) -> str:
    """Sign what arrived, as Amazon does, to compare."""
    kept = {name: question.headers[name] for name in ("Content-Type", "X-Amz-Date")}
    request = AWSRequest("POST", f"{url}{question.path}?a=b", data=question.body, headers=kept)
    request.context["timestamp"] = question.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials("AKIAEXAMPLE", WORD), "aps", "eu-central-1")
    canonical = signer.canonical_request(request)
    return str(signer.signature(signer.string_to_sign(request, canonical), request))


def azure(url: str) -> AzurePrometheusConfig:
    return AzurePrometheusConfig(
        url=url,
        headers={"X-Kept": "yes"},
        azure_resource="https://prometheus.monitor.azure.com",
        azure_metadata_endpoint=f"{url}/metadata",
        azure_token_endpoint=f"{url}/token",
        azure_client_id="id",
        azure_tenant_id="tenant",
        azure_client_secret=WORD,
    )


def issuing(token: str, accepted: str) -> Iterator[MetricServer]:
    def answer(question: Question) -> Reply:
        if question.path == "/token":
            return 200, json.dumps({"access_token": token}).encode()
        return ok(ROWS) if question.headers.get("Authorization") == f"Bearer {accepted}" else (401, b"expired")

    with answering(answer) as made:
        yield made


def test_azure_is_asked_for_a_new_token_once_and_other_headers_stay() -> None:
    for made in issuing("fresh", "fresh"):
        assert asked(azure(made.url)) == 7
        assert [question.path for question in made.asked].count("/token") == 1
        assert made.asked[-1].headers["X-Kept"] == "yes"


def test_a_new_token_that_is_refused_too_is_an_error_and_no_loop() -> None:
    for made in issuing("fresh", "another"):
        with pytest.raises(NotAuthenticated, match="asks for credentials"):
            asked(azure(made.url))
        assert [question.path for question in made.asked].count("/token") <= 2  # now and health each see a refusal


def test_a_provider_that_hangs_while_it_gives_out_tokens_is_given_up() -> None:
    def answer(question: Question) -> Reply:
        if question.path == "/token":
            time.sleep(3)
        return 401, b""

    started = time.monotonic()
    with answering(answer) as made, pytest.raises(Unavailable, match="had not answered"):
        asked(azure(made.url), 0.5)
    assert time.monotonic() - started < 2


def test_where_no_prometheus_is_known_it_is_said_which_key_to_set() -> None:
    with pytest.raises(Unavailable) as error:
        connected(PrometheusParams())
    assert "`globalConfig.prometheus_url`" in error.value.remedy
