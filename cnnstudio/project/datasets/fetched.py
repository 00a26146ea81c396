"""Fetched: the data sets whose files are fetched where they are not on the disk, with their MD5. Knows no torch.

Names, MD5 and addresses are those of torchvision.datasets, as of 0.28.
"""

from __future__ import annotations

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import known_classes as names
from cnnstudio.project.datasets.dataset import Archive, Dataset, Reader, Torchvision

# the numbers that everybody trains them with; they are those of their training images
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)
_CIFAR100 = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)

_KRIZHEVSKY = (
    "Not stated by its authors, who ask whoever uses it to cite A. Krizhevsky, Learning Multiple Layers of "
    "Features from Tiny Images, 2009: https://www.cs.toronto.edu/~kriz/cifar.html"
)


def _of_mnist(name: str, mirrors: tuple[str, ...], *told: tuple[str, int], reader: Reader = "mnist") -> Torchvision:
    """The four files of MNIST and those that took its format; ``told`` are the MD5 and the bytes of each."""
    kinds = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    files = tuple(
        Archive(f"{kind}-ubyte.gz", md5, size, tuple(f"{mirror}{kind}-ubyte.gz" for mirror in mirrors))
        for kind, (md5, size) in zip(kinds, told, strict=True)
    )
    return Torchvision(name, reader, files, f"{name}/raw")


def _one(address: str, md5: str, size: int, name: str = "") -> Archive:
    return Archive(name or address.rpartition("/")[2], md5, size, (address,))


_EMNIST = _one("https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e", 561_753_746)
_QMNIST = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-"
_USPS = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"
_OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/"
_SIGNS = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"


def _fetched(  # noqa: PLR0917 - in the order of Dataset's fields
    key: str,
    title: str,
    classes: tuple[str, ...],
    shape: Shape,
    sentence: str,
    licence: str,
    origin: Torchvision,
    *,
    mirror: bool,
    images: int,
    others: int,
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None = None,
) -> Dataset:
    """A data set with a split of its own, whose files are fetched where they are not on the disk."""
    whole = f"{sentence}; {origin.megabytes:,} MB are downloaded once."
    return Dataset(key, title, classes, shape, whole, licence, origin, mirror, images, True, others, mean_std)


FETCHED: tuple[Dataset, ...] = (
    _fetched(
        "mnist",
        "MNIST",
        names.DIGITS,
        Shape(1, 28, 28),
        "70,000 handwritten digits of 28 × 28 pixels",
        "Not stated by its authors, Y. LeCun, C. Cortes and C. Burges; others pass it on as CC BY-SA 3.0.",
        _of_mnist(
            "MNIST",
            ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
            ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
            ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
            ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
            ("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
        ),
        mirror=False,
        images=60_000,
        others=10_000,
    ),
    _fetched(
        "fashion-mnist",
        "Fashion-MNIST",
        names.CLOTHES,
        Shape(1, 28, 28),
        "70,000 grey pictures of clothes, 28 × 28 pixels",
        "MIT: Zalando SE, https://github.com/zalandoresearch/fashion-mnist",
        _of_mnist(
            "FashionMNIST",
            ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
            ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
            ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
            ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
            ("bb300cfdad3c16e7a12a480ee83cd310", 5_148),
        ),
        mirror=True,
        images=60_000,
        others=10_000,
    ),
    _fetched(
        "kmnist",
        "KMNIST",
        names.KANA,
        Shape(1, 28, 28),
        "70,000 brush-written Japanese characters of 28 × 28 pixels",
        "CC BY-SA 4.0: ROIS-DS Center for Open Data in the Humanities, https://codh.rois.ac.jp/kmnist/",
        _of_mnist(
            "KMNIST",
            ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
            ("bdb82020997e1d708af4cf47b453dcf7", 18_165_135),
            ("e144d726b3acfaa3e44228e80efcd344", 29_497),
            ("5c965bf0a639b31b8f53240b1b52f4d7", 3_041_136),
            ("7320c461ea6c1c855c0b718fb2a4b134", 5_120),
        ),
        mirror=False,
        images=60_000,
        others=10_000,
    ),
    _fetched(
        "emnist-letters",
        "EMNIST letters",
        names.LETTERS,
        Shape(1, 28, 28),
        "145,600 handwritten letters of 28 × 28 pixels, capital and small ones as one class",
        "Not stated; from NIST Special Database 19, cite G. Cohen and others: https://arxiv.org/abs/1702.05373",
        Torchvision("EMNIST", "emnist", (_EMNIST,), "EMNIST/raw", part="letters"),
        mirror=False,
        images=124_800,
        others=20_800,
    ),
    _fetched(
        "emnist-balanced",
        "EMNIST balanced",
        names.CHARACTERS,
        Shape(1, 28, 28),
        "131,600 handwritten digits and letters of 28 × 28 pixels, as many of each",
        "Not stated; from NIST Special Database 19, cite G. Cohen and others: https://arxiv.org/abs/1702.05373",
        Torchvision("EMNIST", "emnist", (_EMNIST,), "EMNIST/raw", part="balanced"),
        mirror=False,
        images=112_800,
        others=18_800,
    ),
    _fetched(
        "qmnist",
        "QMNIST",
        names.DIGITS,
        Shape(1, 28, 28),
        "MNIST made once more from its sources, with 60,000 digits to validate with instead of 10,000",
        "BSD: C. Yadav and L. Bottou, https://github.com/facebookresearch/qmnist",
        Torchvision(
            "QMNIST",
            "qmnist",
            (
                _one(f"{_QMNIST}train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370", 9_704_059),
                _one(f"{_QMNIST}train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4", 463_024),
                _one(f"{_QMNIST}test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412", 9_742_279),
                _one(f"{_QMNIST}test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa", 526_800),
            ),
            "QMNIST/raw",
        ),
        mirror=False,
        images=60_000,
        others=60_000,
    ),
    _fetched(
        "usps",
        "USPS",
        names.DIGITS,
        Shape(1, 16, 16),
        "9,298 digits of 16 × 16 pixels from envelopes of the post",
        "Not stated; cite J. Hull, A database for handwritten text recognition research, 1994.",
        Torchvision(
            "USPS",
            "usps",
            (
                _one(f"{_USPS}usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197", 6_579_383),
                _one(f"{_USPS}usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118", 1_831_726),
            ),
        ),
        mirror=False,
        images=7_291,
        others=2_007,
    ),
    _fetched(
        "cifar10",
        "CIFAR-10",
        names.CIFAR10,
        Shape(3, 32, 32),
        "60,000 small colour photos of animals and vehicles, 32 × 32 pixels",
        _KRIZHEVSKY,
        Torchvision(
            "CIFAR10",
            "cifar",
            (
                _one(
                    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                    "c58f30108f718f92721af3b95e74349a",
                    170_498_071,
                ),
            ),
        ),
        mirror=True,
        images=50_000,
        others=10_000,
        mean_std=(CIFAR10_MEAN, CIFAR10_STD),
    ),
    _fetched(
        "cifar100",
        "CIFAR-100",
        names.CIFAR100,
        Shape(3, 32, 32),
        "60,000 small colour photos of a hundred kinds of things, 32 × 32 pixels",
        _KRIZHEVSKY,
        Torchvision(
            "CIFAR100",
            "cifar",
            (
                _one(
                    "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                    "eb9058c3a382ffc7106e4002c42a8d85",
                    169_001_437,
                ),
            ),
        ),
        mirror=True,
        images=50_000,
        others=10_000,
        mean_std=_CIFAR100,
    ),
    _fetched(
        "svhn",
        "SVHN",
        names.DIGITS,
        Shape(3, 32, 32),
        "99,289 digits of house numbers, photographed in the street, 32 × 32 pixels",
        "For non-commercial use only: Y. Netzer and others, http://ufldl.stanford.edu/housenumbers/",
        Torchvision(
            "SVHN",
            "svhn",
            (
                _one(
                    "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                    "e26dedcc434d2e4c54c9b2d4a06d8373",
                    182_040_794,
                ),
                _one(
                    "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                    "eb5a983be6a315427106f1b164d9cef3",
                    64_275_384,
                ),
            ),
        ),
        mirror=False,
        images=73_257,
        others=26_032,
    ),
    _fetched(
        "stl10",
        "STL-10",
        names.STL10,
        Shape(3, 96, 96),
        "13,000 colour photos of animals and vehicles, 96 × 96 pixels",
        "Not stated; cite A. Coates, H. Lee and A. Ng, 2011: https://cs.stanford.edu/~acoates/stl10/",
        Torchvision(
            "STL10",
            "stl10",
            (
                _one(
                    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
                    "91f7769df0f17e558f3565bffb0c7dfb",
                    2_640_397_119,
                ),
            ),
        ),
        mirror=True,
        images=5_000,
        others=8_000,
    ),
    _fetched(
        "flowers102",
        "Oxford Flowers 102",
        names.FLOWERS,
        Shape(3, 224, 224),
        "2,040 photographs of flowers, ten of each kind to learn from and ten to validate with",
        "Not stated; cite M. Nilsback and A. Zisserman, 2008: https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        Torchvision(
            "Flowers102",
            "flowers102",
            (
                _one(f"{_OXFORD}flowers/102/102flowers.tgz", "52808999861908f626f3c1f4e79d11fa", 344_862_509),
                _one(f"{_OXFORD}flowers/102/imagelabels.mat", "e0620be6f572b9609742df49c70aed4d", 502),
                _one(f"{_OXFORD}flowers/102/setid.mat", "a5357ecc9cb78c4bef273ce3793fc85c", 14_989),
            ),
            "flowers-102",
        ),
        mirror=True,
        images=1_020,
        others=1_020,
    ),
    _fetched(
        "pets",
        "Oxford-IIIT Pets",
        names.PETS,
        Shape(3, 224, 224),
        "7,349 photographs of cats and dogs of 37 breeds",
        "CC BY-SA 4.0: O. Parkhi and others, https://www.robots.ox.ac.uk/~vgg/data/pets/",
        Torchvision(
            "OxfordIIITPet",
            "pets",
            (
                _one(f"{_OXFORD}pets/data/images.tar.gz", "5c4f3ee8e5d25df40f4fd59a7f44e54c", 791_918_971),
                _one(f"{_OXFORD}pets/data/annotations.tar.gz", "95a8c909bbe2e81eed6a22bccdf3f68f", 19_173_078),
            ),
            "oxford-iiit-pet",
        ),
        mirror=True,
        images=3_680,
        others=3_669,
    ),
    _fetched(
        "imagenette",
        "Imagenette",
        tuple(names.IMAGENETTE.values()),
        Shape(3, 160, 160),
        "13,394 photographs of ten classes of ImageNet that are easy to tell apart, 160 pixels on the shorter side",
        "The choice is under Apache 2.0: fast.ai, https://github.com/fastai/imagenette; of the pictures as ImageNet.",
        Torchvision(
            "Imagenette",
            "imagenette",
            (
                _one(
                    "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
                    "e793b78cc4c9e9a4ccc0c1155377a412",
                    99_003_388,
                ),
            ),
        ),
        mirror=True,
        images=9_469,
        others=3_925,
    ),
    _fetched(
        "gtsrb",
        "GTSRB",
        names.SIGNS,
        Shape(3, 32, 32),
        "39,270 photographs of German traffic signs, cut out, in 43 classes",
        "Not stated; cite J. Stallkamp and others, Man vs. computer, 2012: https://benchmark.ini.rub.de/",
        Torchvision(
            "GTSRB",
            "gtsrb",
            (
                _one(f"{_SIGNS}GTSRB-Training_fixed.zip", "513f3c79a4c5141765e10e952eaa2478", 187_490_228),
                _one(f"{_SIGNS}GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185", 88_978_620),
                _one(f"{_SIGNS}GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5", 99_620),
            ),
            "gtsrb",
        ),
        mirror=False,
        images=26_640,
        others=12_630,
    ),
)
