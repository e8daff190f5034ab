import pytest

from chipid.errors import UnsupportedError
from chipid.lds.files import DATA_GROUPS, FileId


def test_the_data_groups_have_the_addresses_and_tags_of_doc_9303_part_10() -> None:
    tags = ["61", "75", "63", "76", "65", "66", "67", "68", "69", "6A", "6B", "6C", "6D", "6E", "6F", "70"]
    for number, tag in enumerate(tags, start=1):
        group = FileId.data_group(number)
        assert (group.dg_number, group.sfi, group.fid, group.tag) == (number, number, 0x0100 + number, int(tag, 16))
        assert group.label == group.name == f"DG{number}"
        assert not group.in_mf
        assert FileId.by_data_group_tag(int(tag, 16)) is group
    assert len(DATA_GROUPS) == 16


def test_every_file_is_a_member_of_its_own_and_unique_in_its_directory() -> None:
    assert len(FileId) == 23
    assert len({(one.in_mf, one.fid) for one in FileId}) == 23
    assert all(FileId.by_label(one.label) is one for one in FileId)
    assert FileId.by_data_group_tag(0x60) is None


@pytest.mark.parametrize("number", [0, 17, -1])
def test_there_is_no_other_data_group(number: int) -> None:
    with pytest.raises(UnsupportedError):
        FileId.data_group(number)
