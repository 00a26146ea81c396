"""A table of file names and labels, as people write them, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import load
from cnnstudio.training.data.readers.table import read_table

NAMES = ("a1.png", "a2.png", "b1.png", "b2.png")
WHOLE = (("a1.png", "ape"), ("a2.png", "ape"), ("b1.png", "bee"), ("b2.png", "bee"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES):
        Image.new("RGB", (6, 6), (60 * number, 0, 0)).save(tmp_path / name)
    return tmp_path


def table(place: Path, text: str | bytes, name: str = "labels.csv") -> str:
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(place / name)


def told(path: str) -> list[tuple[str, str]]:
    return [(file.path.name, file.name) for file in read_table(path).files]


@pytest.mark.parametrize(
    "text",
    [
        "file,label\na1.png,ape\na2.png,ape\nb1.png,bee\nb2.png,bee\n",
        "a1.png,ape\na2.png,ape\nb1.png,bee\nb2.png,bee",
        "\ufefffile;label\r\na1.png;ape\r\na2.png;ape\r\n\r\nb1.png;bee\r\nb2.png;bee\r\n",
        "class\tpicture\nape\ta1.png\nape\ta2.png\nbee\tb1.png\nbee\tb2.png\n",
        'Filename|Colour|Class\na1.png|"red|blue"|ape\na2.png||ape\nb1.png||bee\nb2.png||bee\n',
        "id,breed\na1,ape\na2,ape\nb1,bee\nb2,bee\n",
        "file, label\n./a1.png, ape\n sub\\..\\a2.png , ape\nb1.png, bee\nb2.png, bee\n",
        "file,label\na1.png,ape\na2.png,ape\nb1.png,bee\nb2.png,bee\n".encode("utf-16"),
    ],
)
def test_however_it_is_written(place: Path, text: str | bytes) -> None:
    assert told(table(place, text)) == list(WHOLE)


def test_it_is_trained_on_as_a_folder_is(place: Path) -> None:
    path = table(place, "file,label\n" + "".join(f"{name},{label}\n" for name, label in WHOLE))
    data = load(Recipe(data="table", folder=path, validation_share=0.5), Shape(3, 6, 6))
    assert data.classes == ("ape", "bee") and data.counts == (2, 2)
    assert data.notes[0].startswith("Table of files: 4 images of 2 classes: ape 2, bee 2;")


def test_numbers_as_labels_keep_their_order(place: Path) -> None:
    path = table(place, "a1.png,10\na2.png,9\nb1.png,10\nb2.png,2")
    assert read_table(path).names == ("2", "9", "10")


def test_a_column_may_say_which_half(place: Path) -> None:
    path = table(place, "file,split,label\na1.png,train,ape\na2.png,val,ape\nb1.png,Train,bee\nb2.png,test,bee\n")
    layout = read_table(path)
    assert [file.path.name for file in layout.files if file.validation] == ["a2.png"]
    assert layout.notes[0] == "1 file is neither to train nor to validate with, as the table says: b2.png."


def test_images_may_lie_in_a_folder_below(place: Path) -> None:
    (place / "deep" / "er").mkdir(parents=True)
    (place / "a1.png").rename(place / "deep" / "er" / "a1.png")
    path = table(place, "file,label\na1.png,ape\na2.png,ape\nb1.png,bee\nb2.png,bee\n")
    assert told(path) == list(WHOLE)


def test_what_is_not_used_is_named(place: Path) -> None:
    rows = [
        "a1.png;ape", "a1.png;ape", "a2.png;ape", "gone.png;ape", "b1.png;bee", "b2.png;bee", "b2.png;ape",
        "../secret.png;ape", "/etc/passwd;ape", "C:\\x.png;ape", "a2.png;", "nothing.png;bee",
    ]  # fmt: skip
    layout = read_table(table(place, "file;label\n" + "\n".join(rows)))
    assert [file.path.name for file in layout.files] == ["a1.png", "a2.png", "b1.png"]
    assert layout.notes == (
        "2 files are listed in the table and not there: gone.png, nothing.png.",
        r"3 files are outside the table's own folder, and left out: ../secret.png, /etc/passwd, C:\x.png.",
        "1 file is without a label, and left out: a2.png.",
        "1 file is listed with two labels, and left out: b2.png.",
        "1 row said again what another says: a1.png.",
    )


def test_letters_of_another_age_are_read_and_told(place: Path) -> None:
    layout = read_table(table(place, "a1.png,Äpfel\na2.png,Äpfel\nb1.png,Öl\nb2.png,Öl".encode("cp1252")))
    assert layout.names == ("Äpfel", "Öl")
    assert "labels.csv is not written in UTF-8" in layout.notes[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"labels\.csv is empty"),
        ("\n\n", r"labels\.csv is empty"),
        ("hello", "has no column of file names"),
        ("a,b\n1,2\n", "has no column of file names"),
        (
            "file,label\nx.png,ape\ny.png,bee\n",
            r"None of the images that labels\.csv lists can be used\. The first is x\.png",
        ),
        ("a1.png,ape\na2.png,ape\n", r"two classes or more.* They are all of one class, ape\."),
        ("file,size,colour\na1.png,1,red\nb1.png,2,blue\n", r"which column is the label \(size, colour\)"),
        ("a1.png,1,red\nb1.png,2,blue\n", r"which column is the label \(3 columns, no headings\)"),
        ('file,label\n"' + "x" * 140_000 + '",a\n', r"labels\.csv cannot be read as a table"),
    ],
)
def test_a_table_that_says_too_little_is_refused_in_a_sentence(place: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_table(table(place, text))


def test_there_must_be_a_table(tmp_path: Path) -> None:
    for path, said in (("", "No table"), (str(tmp_path / "no.csv"), "does not exist"), ("\0", "no file name can have")):
        with pytest.raises(DataError, match=said):
            read_table(path)
    with pytest.raises(DataError, match="is a folder with 0 tables"):
        read_table(str(tmp_path))


@pytest.mark.parametrize("remarks", [["", "", "blurred", ""], ["one", "two", "three", "four"]])
def test_the_column_whose_words_come_again_is_the_label_and_that_is_said(tmp_path: Path, remarks: list[str]) -> None:
    lines = ["Dateiname;Art;Bemerkung"]
    for number, remark in enumerate(remarks):
        Image.new("RGB", (8, 8)).save(tmp_path / f"b{number}.png")
        lines.append(f"b{number}.png;{'Käfer' if number % 2 else 'Spinne'};{remark}")
    (tmp_path / "liste.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    layout = read_table(str(tmp_path / "liste.csv"))
    assert layout.names == ("Käfer", "Spinne") and any(
        note.startswith("Art was taken for the label") for note in layout.notes
    )
    (tmp_path / "liste.csv").write_text("\n".join(lines).replace("Bemerkung", "Label"), encoding="utf-8-sig")
    if all(remarks):
        assert len(read_table(str(tmp_path / "liste.csv")).names) == 4


def test_where_two_columns_could_be_the_label_nothing_is_guessed(tmp_path: Path) -> None:
    lines = ["file,colour,size"]
    for number in range(8):
        Image.new("RGB", (8, 8)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{'red' if number % 2 else 'blue'},{'S' if number < 4 else 'L'}")
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="which column is the label"):
        read_table(str(tmp_path / "a.csv"))
