"""A Django site of the songs in the SQLite file `DJANGO_SITE_FILE`: its own ORM, its own templates.

- `/songs`: read by the ORM and rendered each time
- `/kept/songs`: the same behind `cache_page`, in the memory of the process, the quickest of Django's caches

`genre` filters by the folded column and its index, `after` is the last id of the page before; a page has
`limit` songs. Of a new project's middleware those are left out that a page without sessions does not need.
"""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_page

FILE = "DJANGO_SITE_FILE"
MONTH = 30 * 86_400

settings.configure(
    ALLOWED_HOSTS=["*"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ[FILE],
            "CONN_MAX_AGE": None,  # a connection is kept open
        }
    },
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only-a-benchmark",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).with_name("django_templates")],
        }
    ],
    USE_I18N=False,
)
django.setup()


class Song(models.Model):  # type: ignore[misc]
    """A row of the songs' table."""

    id = models.TextField(primary_key=True)
    revision = models.IntegerField()
    title = models.TextField()
    artist = models.TextField(null=True)
    artist_id = models.TextField(null=True)
    album = models.TextField(null=True)
    album_id = models.TextField(null=True)
    genre = models.TextField(null=True)
    genre_folded = models.TextField(null=True)
    length = models.FloatField(null=True)
    year = models.IntegerField(null=True)
    preview = models.TextField(null=True)

    class Meta:
        app_label = "site"
        db_table = "songs"
        managed = False


def songs(request: HttpRequest) -> HttpResponse:
    """The page of songs."""
    asked = request.GET
    limit = int(asked.get("limit", "50"))
    found = Song.objects.order_by("id")
    if genre := asked.get("genre"):
        found = found.filter(genre_folded=genre.casefold())
    if after := asked.get("after"):
        found = found.filter(id__gt=after)
    items = list(found[: limit + 1])
    shown = items[:limit]
    context = {
        "songs": shown,
        "genre": genre,
        "limit": limit,
        "more": len(items) > limit,
        "after": shown[-1].id if shown else "",
        "headings": HEADINGS,
        "collections": COLLECTIONS,
        "current": "songs",
    }
    return render(request, "songs.html", context)


HEADINGS = (
    ("title", "Title"),
    ("artist", "Artist"),
    ("artist_id", "Artist (record)"),
    ("album", "Album"),
    ("album_id", "Album (record)"),
    ("genre", "Genre"),
    ("length", "Length"),
    ("year", "Year"),
    ("preview", "Preview"),
)
COLLECTIONS = ("genres", "artists", "albums", "songs", "plays")
urlpatterns = [path("songs", songs), path("kept/songs", cache_page(MONTH)(songs))]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
