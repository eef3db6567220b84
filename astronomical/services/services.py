"""All services of a project together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from astronomical.config.services import ServicesConfig
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.disk import DiskCache, cache_folder
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFiles
from astronomical.services.pictures import PictureReader

__all__ = ["Services", "open_services"]


@dataclass(frozen=True)
class Services:
    """What a project gets from the net, and the files that its catalogue names."""

    cutouts: CutoutFetcher
    pictures: PictureReader
    files: LocalFiles

    def close(self) -> None:
        """Drop all requests and end the threads."""
        self.cutouts.close()
        self.pictures.close()


def open_services(config: ServicesConfig, folder: Path, *, allow_private: bool = False,
                  offline: bool = False) -> Services:
    """Return the services of a project.

    Parameters
    ----------
    config
        What the project says about them.
    folder
        Folder of the catalogue.
    allow_private
        Whether addresses may lie on a private network.
    offline
        Whether nobody is asked for anything.
    """
    limits = Limits(config.timeout_s, per_host=config.per_host, allow_private=allow_private, offline=offline)
    disk, files = DiskCache(cache_folder() / "images"), LocalFiles(folder)
    return Services(CutoutFetcher(limits, disk), PictureReader(files, limits, disk), files)
