"""scikit-learn, what openTSNE needs of it: the usual hook takes its data sets, too."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("sklearn", includes=["utils/_repr_html/*"])  # read when imported
