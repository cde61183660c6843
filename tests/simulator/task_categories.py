"""Categories of tasks, read-only. Buildium: /v1/tasks/categories."""

from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem
from tests.simulator.model import Json, Record
from tests.simulator.state import State

BLANK: Json = {
    "Name": "Maintenance",
    "IsSystemCategory": False,
    "SubCategories": [{"Id": 451, "Name": "Plumbing"}],
}


def check_subcategory(state: State, body: Json) -> list[Problem]:
    """A subcategory requires its category."""
    wanted = body.get("SubCategoryId")
    category = state.find("taskcategories", body.get("CategoryId") or 0)
    if wanted is None or (category and subcategory(category, wanted)):
        return []
    return [Problem("SubCategoryId", "SubCategoryId is not a subcategory of CategoryId.")]


def subcategory(category: Record, wanted: int | None) -> Json | None:
    """A subcategory of a category, or None."""
    return next((part for part in category.public["SubCategories"] if part["Id"] == wanted), None)


TASK_CATEGORIES = EntityType(
    name="taskcategories",
    path="/tasks/categories",
    first_id=401,
    blank=BLANK,
    seeds=(BLANK,),
    filters={},
)
