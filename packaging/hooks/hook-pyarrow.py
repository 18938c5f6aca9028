"""pyarrow, what tables in Parquet need of it: no network, no cloud, no other formats.

The usual hook takes all its libraries, of which those for servers and clouds are a third; here
PyInstaller follows what the modules below are linked to.
"""

# Asked for by compiled modules, where PyInstaller cannot read it.
hiddenimports = [
    "pyarrow._fs",
    "pyarrow._generated_version",
    "pyarrow._parquet",
    "pyarrow.fs",
    "pyarrow.ipc",
    "pyarrow.lib",
    "pyarrow.parquet.core",
    "pyarrow.types",
    "pyarrow.util",
]
excludedimports = [
    f"pyarrow.{part}"
    for part in (
        *("_acero", "_azurefs", "_compute", "_csv", "_cuda", "_dataset", "_dataset_orc"),
        *("_dataset_parquet", "_dataset_parquet_encryption", "_feather", "_flight", "_gcsfs"),
        *("_hdfs", "_json", "_orc", "_parquet_encryption", "_s3fs", "_substrait"),
        *("acero", "benchmark", "cffi", "compute", "conftest", "csv", "cuda", "dataset"),
        *("feather", "flight", "interchange", "json", "jvm", "orc", "pandas_compat"),
        *("parquet.encryption", "substrait", "tests"),
    )
]
