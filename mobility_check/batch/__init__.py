"""Measures folders of clips on all cores or on a cluster: resumable, one table, a reason for every file that failed.

===============  ========================================================================================
``pattern``      subject, date and side from file names
``clips``        a clip file: its version, its content hash, a local copy
``inputs``       folders, globs, URLs and manifests (tables made by hand) → clip files
``plan``         clip files → sessions; which of them hold the same
``job``          what a worker does: clips → result, within limits of time and memory; any error becomes a row
``cluster``      closed workers here or an existing scheduler; what a worker's death means for a clip
``state``        the run state: one SQLite file, held by one process; what it says is finished is finished
``tables``       CSV and Parquet; ``page`` the page, and both rewritten now and then
``run``          all of it together: :func:`~mobility_check.batch.run.run_batch`
===============  ========================================================================================
"""
