from preview import Preview, read


def test_the_page_is_served():
    preview = Preview("hello")
    try:
        assert read(preview.address) == "hello"
    finally:
        preview.close()


def test_an_address_is_told():
    preview = Preview("")
    preview.close()
    assert preview.address.startswith("http://127.0.0.1:")
