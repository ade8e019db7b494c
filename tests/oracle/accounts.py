"""Reads PHRASE|GENERATION|INDEX lines and prints the address that eth-account derives for each."""
import sys

from eth_account import Account

Account.enable_unaudited_hdwallet_features()
for line in sys.stdin:
    phrase, generation, index = line.rstrip("\n").split("|")
    print(Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/{generation}/{index}").address)
