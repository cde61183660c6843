"""Categories of vendors, read-only. Buildium: /v1/vendors/categories."""

from tests.simulator.entity_type import EntityType
from tests.simulator.model import Json

BLANK: Json = {"Name": "Contractors", "IsSystemCategory": False}

VENDOR_CATEGORIES = EntityType(
    name="vendorcategories",
    path="/vendors/categories",
    first_id=101,
    blank=BLANK,
    seeds=(BLANK,),
    filters={},
)
