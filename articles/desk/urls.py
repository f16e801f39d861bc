"""The desk's addresses, all of them below ``/admin/desk/``."""

from django.urls import path

from . import deeds, own, panes, views

app_name = "desk"
urlpatterns = [
    path("", views.desk, name="queue"),
    path("more/", views.more, name="more"),
    path("news/", views.news, name="news"),
    path("pieces/<int:pk>/", panes.pane, name="piece"),
    path("pieces/<int:pk>/compare/", panes.compare, name="compare"),
    path("pieces/<int:pk>/preview/", panes.preview, name="preview"),
    path("publish/", deeds.publish, name="publish"),
    path("spike/", deeds.spike, name="spike"),
    path("shortlist/", deeds.shortlist, name="shortlist"),
    path("hold/", deeds.hold, name="hold"),
    path("resume/", deeds.resume, name="resume"),
    path("fold/", deeds.fold, name="fold"),
    path("apart/", deeds.keep_apart, name="apart"),
    path("tag/", deeds.tag, name="tag"),
    path("edit/", deeds.edit, name="edit"),
    path("claim/", deeds.claim, name="claim"),
    path("comment/", deeds.comment, name="comment"),
    path("undo/", deeds.undo, name="undo-last"),
    path("undo/<int:act>/", deeds.undo, name="undo"),
    path("filters/", own.save_filter, name="save-filter"),
    path("filters/<int:pk>/drop/", own.drop_filter, name="drop-filter"),
    path("keys/", own.keyboard, name="keys"),
]
