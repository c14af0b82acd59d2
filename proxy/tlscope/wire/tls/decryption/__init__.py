"""Ciphertext opened, by the key schedules of RFC 8446 and RFC 5246, with nothing but `cryptography`.

decrypt     ciphertext of both directions in; records, messages, data and confirmed proofs out (decrypted)
keylog      the secrets that it needs: key logs, private keys
schedule12, schedule13      keys derived of them, a function for each step (keys: the steps as shown; prf, master)
following, opening, epochs, negotiation, transcript     its parts: what a connection has agreed on so far
protection  records opened (ciphers: what a suite is made of; modes: those that the library lacks)
proofs, confirm     Finished and signatures, held against the transcript
"""
