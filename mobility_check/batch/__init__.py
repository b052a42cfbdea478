"""Scores folders of clips on all cores or on a cluster: resumable, one table, a reason for every file without a number.

===============  ========================================================================================
``pattern``      subject, date and side from file names
``manifest``     the same from a table made by hand
``inputs``       folders, globs, manifests and URLs → clip files
``plan``         clip files → sessions; what is done, what is left
``keys``         content hashes and the key under which a result is kept
``journal``      the durable log: what it says is done, is done
``fetch``        a local copy of a clip, hashed on the way
``worker``       one session on a worker: clips → result, with the border that turns any error into a row
``child``        the process a worker runs its clips in; ``host`` is the worker's end of it
``engine``       Dask: a local cluster or an existing one, a sliding window of tasks
``ledger``       what is finished, and results that can be taken over
``tables``       CSV and Parquet; ``index`` the page; ``publish`` rewrites both now and then
``run``          all of it together: :func:`~mobility_check.batch.run.run_batch`
===============  ========================================================================================
"""
