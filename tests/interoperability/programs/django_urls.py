"""Addresses of the Django site: a post for each library, which names that library's endpoint as its manual says."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from webmention.middleware import include_webmention_information

WITH_TAG = "{% load webmentions %}<html><head>{% webmentions_endpoint %}<title>A post</title></head></html>"


def with_header(_request: HttpRequest) -> HttpResponse:
    """Answer with a post that names the endpoint of django-webmention in its header."""
    return HttpResponse("<title>A post</title>")


def with_tag(_request: HttpRequest) -> HttpResponse:
    """Answer with a post that names the endpoint of django-wm in its head."""
    return HttpResponse(engines["django"].from_string(WITH_TAG).render())


urlpatterns = [
    path("django-webmention/", include("webmention.urls")),
    path("django-webmention/post", include_webmention_information(with_header)),
    path("django-wm/", include("mentions.urls")),
    path("django-wm/post", with_tag),
]
