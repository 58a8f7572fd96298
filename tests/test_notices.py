"""Pages about us: wrong settings, a workflow that is off, an error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robusta_volumes._model.errors import ClusterError, NotAllowed, SettingsError, Unavailable, rbac_rule
from robusta_volumes._model.kind import CLAIM, VOLUME
from robusta_volumes._model.renames import RenamedAction
from robusta_volumes._model.settings import read_settings
from robusta_volumes._model.severity import Severity
from robusta_volumes._report.notices import error_page, renamed_page, settings_page, switched_off_page, wrong_param_page
from robusta_volumes._report.page import Page, Subject, Text

LIMIT = 3000  # characters of one block
TITLE = 400  # characters: what a chat shows of a title in a few lines
CLAIM_DATA = Subject("PersistentVolumeClaim", "data", "shop")


def said(page: Page) -> str:
    return "\n".join(block.markdown for block in page.blocks if isinstance(block, Text))


def wrong(**workflows: object) -> Page:
    return settings_page(dict(read_settings({"persistentVolumeWorkflows": workflows}).problems), "prod")


def test_wrong_settings_say_where_what_is_allowed_and_what_is_paused() -> None:
    page = wrong(pvcSnapshots={"retentionDays": "thirty"})
    assert page.title == (
        "robusta-volumes: workflows.persistentVolumeWorkflows.pvcSnapshots.retentionDays"
        ' must be a whole number of days, got "thirty"'
    )
    assert said(page) == (
        "Snapshots and their retention are paused; nothing will be deleted until this is fixed.\n"
        "Everything else runs.\n"
        "*Do this:* correct it under `globalConfig` in Robusta's Helm values and upgrade the release."
    )
    assert page.severity == Severity.MEDIUM
    assert page.subject == Subject("Cluster", "prod")


def test_further_mistakes_are_listed() -> None:
    text = said(wrong(pvcSnapshots={"retentionDays": 0}, volumeBackupManagement={"backupSchedule": "often"}))
    assert "Backups are paused" in text
    assert "*Also wrong:*\n• workflows.persistentVolumeWorkflows.volumeBackupManagement.backupSchedule must be" in text


def test_one_mistake_that_pauses_everything_is_said_once() -> None:
    page = settings_page(dict(read_settings({"persistentVolumeWorkflow": {}}).problems), "")
    assert len(page.causes) == 1
    assert "*Also wrong:*" not in said(page)
    assert page.subject.name == "cluster"


def test_a_key_that_nothing_reads_pauses_nothing() -> None:
    assert "Nothing reads this key, so nothing is paused." in said(wrong(colour=1))


@given(st.lists(st.tuples(st.text(max_size=600), st.text(max_size=600)), min_size=1, max_size=40))
@settings(max_examples=50)
def test_wrong_settings_fit_a_block_whatever_somebody_wrote(written: list[tuple[str, str]]) -> None:
    page = settings_page({key: (SettingsError(key, text),) for key, text in written}, "prod")
    assert len(page.title) <= TITLE


@pytest.mark.parametrize("number", [1, 2, 8, 9, 200])
def test_many_long_mistakes_fit_a_block_and_the_rest_is_counted(number: int) -> None:
    errors = tuple(SettingsError(f"workflows.key{n}", "is wrong " * 100) for n in range(number))
    text = said(settings_page({"pvcSnapshots": errors}, "prod"))
    assert len(text) < LIMIT
    assert ("• and" in text) == (number > 8)


def test_an_old_name_says_the_new_one_and_until_when_it_works() -> None:
    old = RenamedAction("volume_report", "persistent_volume_actions", since="0.2")
    page = renamed_page([old.notice], "prod")
    assert page.title == "robusta-volumes: 1 old name in use"
    assert said(page) == (
        "• action volume_report is called persistent_volume_actions now; the old name works until version 0.4\n"
        "*Do this:* write the new names; everything works as before."
    )
    assert not page.failure
    assert page.severity == Severity.LOW


def test_a_wrong_param_says_that_nothing_happened() -> None:
    page = wrong_param_page(
        SettingsError("action param include_details", "must be true or false"), "pvc_snapshots", "prod"
    )
    assert page.title == "pvc_snapshots was not run: action param include_details must be true or false"
    assert "nothing was changed" in said(page)


def test_a_workflow_that_is_off_says_how_to_switch_it_on() -> None:
    page = switched_off_page("pvcSnapshots", "prod")
    assert not page.failure
    assert "`workflows.persistentVolumeWorkflows.pvcSnapshots.enabled: true`" in said(page)


def test_an_error_does_not_say_that_all_is_well() -> None:
    page = error_page(
        Unavailable("no answer within 10 s", "look at the API server."), "Looking at shop/data", CLAIM_DATA
    )
    assert page.title == "Looking at shop/data failed: no answer within 10 s"
    assert said(page) == (
        "Nothing is known about data now; that does not mean that it is well.\n*Do this:* look at the API server."
    )
    assert page.causes == ("Unavailable",)


def test_a_missing_permission_comes_with_all_rules_to_paste_in_one_fence() -> None:
    rules = f"{rbac_rule(CLAIM, 'list')}\n{rbac_rule(VOLUME, 'list')}"
    for remedy in (rules, f"Ask somebody.\n{rules}"):
        text = said(error_page(NotAllowed("no", remedy), "Looking at the cluster", Subject("Cluster", "prod")))
        assert text.endswith(
            f"*Do this:* add to `runner.customClusterRoleRules` in Robusta's Helm values:\n```{rules}```"
        )


def test_a_message_of_the_cluster_can_page_nobody() -> None:
    page = error_page(Unavailable("<!channel> `x`\n*now*"), "Looking at <!here>", Subject("Pod", "<@U1>"))
    assert not set("<>`\n*") & set(page.title)
    assert "<" not in said(page)


@given(error=st.builds(NotAllowed, st.text(max_size=300), st.just("x")), size=st.integers(0, 9000), rule=st.booleans())
@settings(max_examples=40)
def test_an_error_fits_a_block_whatever_its_size(*, error: ClusterError, size: int, rule: bool) -> None:
    error.remedy = ("- apiGroups: x " if rule else "do this ") * (size // 8)
    page = error_page(error, "Looking at " + "x" * size, Subject("Pod", "x" * size))
    assert len(page.title) <= TITLE
    assert len(said(page)) < LIMIT
    assert said(page).count("```") % 2 == 0
