"""What other programs' files say of Modbus registers, made into manifests that only observe. Pure.

A module for each kind of file: `telegraf`, `home_assistant`, `kepware`, `ignition`; `devices` is what each makes of it.
"""
