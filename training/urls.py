from django.urls import include, path

from training import views, views_export, views_gallery, views_preview

app_name = "training"
urlpatterns = [
    path("training/", views.run_list, name="list"),
    path("training/new/", views.new_run, name="new"),
    path("training/preview/", views_preview.preview, name="preview"),
    path("training/searches/", include("training.search.urls")),
    path("training/<int:pk>/", views.run_page, name="run"),
    path("training/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("training/<int:pk>/repeat/", views.repeat, name="repeat"),
    path("training/<int:pk>/scores.csv", views.scores, name="scores"),
    path("training/<int:pk>/card/", views_export.card, name="card"),
    path("training/<int:pk>/ensemble.zip", views_export.package, name="package"),
    path("training/<int:pk>/onnx/", views_export.ask_for_onnx, name="ask_for_onnx"),
    path("training/<int:pk>/onnx/<str:name>", views_export.onnx, name="onnx"),
    path("training/<int:pk>/faces/", views_gallery.faces, name="faces"),
    path("training/<int:pk>/faces/bar.png", views_gallery.bar, name="bar"),
    path("training/<int:pk>/faces/<uuid:token>/face.png", views_gallery.face, name="face"),
    path("training/<int:pk>/faces/<uuid:token>/heat.png", views_gallery.heat, name="heat"),
    path("training/<int:pk>/faces/mean/<slug:key>/face.png", views_gallery.mean, {"kind": "face"}, name="mean_face"),
    path("training/<int:pk>/faces/mean/<slug:key>/heat.png", views_gallery.mean, {"kind": "heat"}, name="mean_heat"),
]
