"""Durable jobs on DBOS, with leases and fencing of our own.

kinds       what a component contributes; which errors are worth another attempt
context     what a running job is given: transactions that only the job's holder can commit
service     enqueue in a transaction, look, wait, cancel, retry
dispatcher  from the outbox to the queue
backend     DBOS: its schema, client and executor
worker      a process that runs jobs; runner is one attempt, lease its sign of life
reaper      gives away what lost workers held
supervisor  the worker processes beside a server
"""
