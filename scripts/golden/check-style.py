"""Opens a folder's map in QGIS and prints, as JSON, what it shows, for test/evaluate/qgis-style.test.ts.

Written for QGIS 3.22 (python3-qgis):
    QT_QPA_PLATFORM=offscreen python3 scripts/golden/check-style.py FOLDER
FOLDER holds map.tif, confidence.tif, polygons.gpkg and polygons.geojson with their styles. Layers are drawn with one
pixel of the picture a pixel of map.tif; colours are [height, width, 3], -1 where nothing is drawn.
"""
import json
import sys

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QColor
from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsRasterLayer, QgsVectorLayer

folder = sys.argv[1]
application = QgsApplication([], False)
application.initQgis()


def drawn(layer, grid):
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(grid.extent())
    settings.setOutputSize(QSize(grid.width(), grid.height()))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    colors = [[picture.pixelColor(col, row).getRgb() for col in range(grid.width())] for row in range(grid.height())]
    return [[list(color[:3]) if color[3] else -1 for color in row] for row in colors]


def legend(layer):
    renderer = layer.renderer()
    if renderer.type() == "paletted":
        return [[entry.value, entry.label] for entry in renderer.classes()]
    if renderer.type() == "categorizedSymbol":
        return [[float(entry.value()), entry.label()] for entry in renderer.categories()]
    shader = renderer.shader().rasterShaderFunction()
    return [[entry.value, entry.label] for entry in shader.colorRampItemList()]


grid = QgsRasterLayer(f"{folder}/map.tif", "map")
layers = {
    "map": grid,
    "confidence": QgsRasterLayer(f"{folder}/confidence.tif", "confidence"),
    "gpkg": QgsVectorLayer(f"{folder}/polygons.gpkg|layername=polygons", "gpkg"),
    "geojson": QgsVectorLayer(f"{folder}/polygons.geojson", "geojson"),
}
print(
    json.dumps(
        {
            name: {"type": layer.renderer().type(), "legend": legend(layer), "colors": drawn(layer, grid)}
            for name, layer in layers.items()
        }
    )
)
layers.clear()
del grid
application.exitQgis()
