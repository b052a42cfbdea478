"""Measures folders of clips on all cores or on a cluster: resumable, one table, a reason for every file that failed.

===============  ========================================================================================
``pattern``      subject, date and side from file names; ``manifest`` the same from a table made by hand
``clips``        a clip file: its version, its content hash, a local copy
``inputs``       folders, globs, manifests and URLs → clip files
``plan``         clip files → sessions; which of them hold the same
``job``          one session: clips → result, with the border that turns any error into a row
``worker``       the Dask worker that does jobs, each clip within its limits of time and memory
``cluster``      closed workers here or an existing scheduler; what a worker's death means for a clip
``state``        the run state: one SQLite file, held by one process; what it says is finished is finished
``tables``       CSV and Parquet; ``page`` the page; ``publish`` rewrites both now and then
``run``          all of it together: :func:`~mobility_check.batch.run.run_batch`
===============  ========================================================================================
"""
