"""What the frozen program leaves out of the packages that it carries, each with the reason."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import PurePath

FILES: dict[str, str] = {
    # torch/bin/torch_shm_manager stays: without it torch does not load
    "torch/bin/[!t]*": "programs that test and build PyTorch itself",
    "torch/bin/test_*": "the same",
    "torch/test/*": "PyTorch's own tests in C++",
    "torch/include/*": "headers for who compiles extensions; a frozen program says that it does not compile networks",
    "torch/share/*": "CMake files for who builds on libtorch",
    "torch/lib/*.a": "static libraries, for who links against them",
    "torch/lib/*.lib": "the same on Windows",
    "torch/lib/lib*_test.so": "libraries that PyTorch's tests load",
    "torch/lib/libbackend_with_compiler.so": "the same",
    "torch/lib/libaoti_custom_ops.so": "the same",
    "torch/testing/*": "helpers of PyTorch's tests",
    "torch-*.dist-info/RECORD": "a list of the files of an installation",
    "torchvision/_C*.so": "operators of object detection, which no network here has",
    "torchvision.libs/*": "what those operators and torchvision's video reader need",
    "libcudart*": "CUDA for torchvision's reader of pictures",
    "torchvision/image*.so": "torchvision's reader of pictures; Pillow reads them here",
    "PySide6/Qt/translations/*": "Qt's texts in other languages; the program speaks English",
    "PySide6/translations/*": "the same on Windows",
    "PySide6/Qt/qml/*": "Qt Quick, which the program does not use",
    "PySide6/qml/*": "the same on Windows",
    "PySide6/Qt/lib/libQt6Quick*": "Qt Quick",
    "PySide6/Qt/lib/libQt6Qml*": "Qt Quick's language",
    "PySide6/Qt/lib/libQt6VirtualKeyboard*": "a keyboard on the screen, which is drawn by Qt Quick",
    "PySide6/Qt/plugins/platforminputcontexts/*virtualkeyboard*": "the same",
    "PySide6/Qt/lib/libQt6Pdf*": "a reader of PDF; the program writes it by itself",
    "PySide6/Qt/plugins/imageformats/*qpdf*": "the same",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so": "GTK's own dialogs; Qt's are there",
    "libcairo*.so*": "what GTK draws with",
    "libpango*.so*": "what GTK writes with",
    "libgdk*.so*": "GTK",
    "libgtk*.so*": "GTK",
    "libharfbuzz*.so*": "what GTK writes with; Qt has its own within",
    "PySide6/Qt/plugins/networkinformation/*": "whether there is a network: nothing asks",
    "PySide6/Qt/plugins/tls/*": "encrypted connections of Qt's; downloads go by Python's",
    "PySide6/Qt/plugins/egldeviceintegrations/*": "screens without a window system",
    "PySide6/Qt/plugins/platforms/*eglfs*": "the same",
    "PySide6/Qt/plugins/platforms/*vkkhr*": "the same",
    "PySide6/Qt/plugins/platforms/*linuxfb*": "the same",
    "PySide6/opengl32sw.dll": "OpenGL without a graphics card; everything here is painted without OpenGL",
}
"""Pattern of the path within the program -> why nobody misses it.

What was tried and is missed: PySide6.QtOpenGL, which pyqtgraph imports; the sources of torch._inductor, which its
settings read while torch.export is imported.
"""

MODULES: dict[str, str] = {
    "tkinter": "another toolkit for windows",
    "matplotlib": "pyqtgraph asks for it only to export to it",
    "IPython": "for who works in a notebook",
    "scipy": "pyqtgraph and networkx do without",
    "pandas": "networkx does without",
    "h5py": "pyqtgraph does without",
    "cupy": "pyqtgraph does without",
    "numba": "pyqtgraph does without",
    "OpenGL": "pyqtgraph's three dimensions",
    "pyqtgraph.opengl": "the same",
    "PyQt5": "another binding of Qt",
    "PyQt6": "another binding of Qt",
    "PySide2": "another binding of Qt",
    "tensorboard": "for who watches PyTorch with it",
    "torch.utils.tensorboard": "the same",
    "pytest": "for who tests the program",
    "hypothesis": "for who tests the program",
    "setuptools": "for who installs packages",
    "pip": "for who installs packages",
    "onnx": "ONNX files; with onnxruntime it is 90 MiB, and there is no room for that",
    "onnxscript": "the same",
    "onnxruntime": "the same",
    "pyarrow": "tables in Parquet; it is 100 MiB and more",
}
"""Module that is not taken along -> why nobody misses it."""


def is_left_out(path: str) -> bool:
    """Whether the file at this path within the program is left out."""
    named = PurePath(path).as_posix()
    return any(fnmatch(named, pattern) for pattern in FILES)


def unused_modules() -> list[str]:
    """The modules that are not taken along."""
    return list(MODULES)
