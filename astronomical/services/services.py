"""Create all services of a project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from astronomical.config.services import ServicesConfig
from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.disk_cache import DiskCache, cache_folder
from astronomical.services.fetcher import Limits
from astronomical.services.http import HttpClient
from astronomical.services.local_files import LocalFiles
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.source_archives.contents import ArchivedCurve, curve_in, spectrum_in
from astronomical.services.source_archives.fetching import ArchiveFetcher
from astronomical.services.spectra import Spectrum
from astronomical.services.tile_images import TileImages

__all__ = ["ArchiveFetchers", "Services", "open_services"]


@dataclass(frozen=True)
class ArchiveFetchers:
    """Spectra and light curves of single sources from archives."""

    spectra: ArchiveFetcher[Spectrum]
    light_curves: ArchiveFetcher[ArchivedCurve]

    @classmethod
    def within(cls, limits: Limits, disk: DiskCache | None = None, client: HttpClient | None = None) -> ArchiveFetchers:
        """Return fetchers with limits, a disk cache and a client for all requests."""
        return cls(ArchiveFetcher(spectrum_in, limits, disk, client), ArchiveFetcher(curve_in, limits, disk, client))

    def close(self) -> None:
        """Cancel all requests and stop the threads."""
        self.spectra.close()
        self.light_curves.close()


@dataclass(frozen=True)
class Services:
    """The services of a project: survey cutouts, images and files that the catalogue names, and archives."""

    cutouts: CutoutFetcher
    pictures: CatalogueImageReader
    files: LocalFiles
    archives: ArchiveFetchers | None = None

    @cached_property
    def tiles(self) -> TileImages:
        """Small images of many sources, by the same services."""
        return TileImages(self.cutouts, self.pictures)

    def close(self) -> None:
        """Cancel all requests and stop the threads."""
        self.tiles.close()
        if self.archives is not None:
            self.archives.close()
        self.cutouts.close()
        self.pictures.close()


def open_services(
    config: ServicesConfig,
    folder: Path,
    *,
    allow_private: bool = False,
    offline: bool = False,
    proxy: Proxy = DIRECT,
) -> Services:
    """Create the services of a project.

    Parameters
    ----------
    config
        Settings of the services in the project file.
    folder
        Folder of the catalogue.
    allow_private
        Whether URLs may be on a private network.
    offline
        Whether to refuse all requests to the network.
    proxy
        How requests reach the network.
    """
    limits = Limits(
        config.timeout_s, per_host=config.per_host, allow_private=allow_private, offline=offline, proxy=proxy
    )
    disk, files = DiskCache(cache_folder() / "images"), LocalFiles(folder)
    client = limits.client()
    archives = ArchiveFetchers.within(limits, DiskCache(cache_folder() / "archives"), client)
    cutouts, images = CutoutFetcher(limits, disk, client), CatalogueImageReader(files, limits, disk, client)
    return Services(cutouts, images, files, archives)
