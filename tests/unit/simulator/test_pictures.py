"""Pictures of items are real, small, and change with their marker."""

import io

from PIL import Image


def pictured(zoho, kind="jpg"):
    rows = zoho.walk("/inventory/v1/items", "items")
    return next(row for row in rows if row["image_type"] == kind)


def test_pictures_are_jpeg_or_png_as_the_row_says(zoho):
    for kind, mime in (("jpg", "image/jpeg"), ("png", "image/png")):
        reply = zoho.ask(f"/inventory/v1/items/{pictured(zoho, kind)['item_id']}/image")

        image = Image.open(io.BytesIO(reply.content))
        image.verify()
        assert reply.headers["content-type"] == mime
        assert image.format == ("JPEG" if kind == "jpg" else "PNG")
        assert len(reply.content) < 20_000


def test_an_item_without_a_picture_is_404(zoho):
    row = next(row for row in zoho.read("/inventory/v1/items")["items"] if not row["image_name"])

    assert zoho.ask(f"/inventory/v1/items/{row['item_id']}/image").status_code == 404


def test_a_picture_can_be_fetched_by_its_document_too(zoho):
    row = pictured(zoho)
    image = f"/inventory/v1/items/{row['item_id']}/image"

    assert (
        zoho.ask(image).content
        == zoho.ask(image, document_id=row["image_document_id"]).content
        == zoho.ask(f"/books/v3/documents/{row['image_document_id']}").content
    )
    assert zoho.ask(image, document_id="1").status_code == 404


def test_a_new_picture_has_a_new_marker(zoho):
    identifier = zoho.control("change", entity="items", count=1, what="image")["ids"][0]

    row = zoho.read(f"/inventory/v1/items/{identifier}")["item"]
    found = next(row for row in zoho.walk("/inventory/v1/items", "items") if row["item_id"] == identifier)

    assert found["image_name"] == row["image_name"] == "new_1.jpg"
    assert zoho.ask(f"/inventory/v1/items/{identifier}/image").content[:2] == b"\xff\xd8"
