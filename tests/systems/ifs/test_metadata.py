"""What a projection declares is compared with the profile, name by name."""

from integrations.systems.ifs.metadata import declared, lacking, unknown
from integrations.systems.ifs.profile import load

TAX_CODE = load().sets["tax_code"]
EDMX = """<?xml version="1.0"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="IfsApp.X" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="FeeType"><Member Name="Tax"/></EnumType>
<EntityType Name="Base"><Key/><Property Name="Company" Type="Edm.String"/></EntityType>
<EntityType Name="StatutoryFee" BaseType="IfsApp.X.Base"><Property Name="FEE" Type="Edm.String"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="StatutoryFeeSet" EntityType="IfsApp.X.StatutoryFee"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


def test_sets_fields_of_base_types_and_enums_are_found() -> None:
    found = declared(EDMX.replace("FEE", "FeeCode").encode())
    assert found is not None
    assert found.sets == {"StatutoryFeeSet": frozenset({"Company", "FeeCode"})}
    assert found.enums == {"FeeType": frozenset({"Tax"})}
    assert lacking(TAX_CODE, found) == []
    assert unknown(TAX_CODE, found) == ["Description", "FeeRate", "FeeType"]


def test_a_missing_name_comes_with_the_nearest_ones() -> None:
    found = declared(EDMX.replace("FEE", "FeeCodes").encode())
    assert found is not None
    assert lacking(TAX_CODE, found) == ["StatutoryFeeSet has no field FeeCode; it has FeeCodes."]
    found = declared(EDMX.replace("StatutoryFeeSet", "StatutoryFees").encode())
    assert found is not None
    assert lacking(TAX_CODE, found) == ["There is no set StatutoryFeeSet; it has StatutoryFees."]


def test_what_is_no_edmx_is_none() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    for document in (b"", b"<html><body>Sign in</body></html>", b'{"value":[]}', laughs, outside, b"<x>" * 10_000):
        assert declared(document) is None


def test_types_that_inherit_in_a_circle_end() -> None:
    circle = EDMX.replace('<EntityType Name="Base">', '<EntityType Name="Base" BaseType="IfsApp.X.StatutoryFee">')
    assert declared(circle.encode()) is not None
