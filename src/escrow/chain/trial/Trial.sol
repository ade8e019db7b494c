// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface Token {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 value) external;
}

/// Tries a transfer out without making it: a node is asked to run this code in the place of an account
/// that holds a token (eth_call with a state override), and answers what the transfer would change.
/// It is never deployed.
contract Trial {
    /// Whether anybody called this account, as tokens with hooks do.
    bool private called;

    /// outcome: 0 the token refuses, 1 it agrees, 2 it answers something else than true.
    /// heard: whether payer or payee was called; the payee is asked only if it runs this code too.
    function attempt(Token token, address to, uint256 value, bool listens)
        external
        returns (
            uint256 outcome,
            uint256 payerBefore,
            uint256 payerAfter,
            uint256 payeeBefore,
            uint256 payeeAfter,
            bool heard
        )
    {
        payerBefore = token.balanceOf(address(this));
        payeeBefore = token.balanceOf(to);
        (bool done, bytes memory said) =
            address(token).call(abi.encodeCall(Token.transfer, (to, value)));
        // A token that answers nothing agrees by not failing, as several well-known ones do.
        bool agrees = said.length == 0 || (said.length == 32 && uint256(bytes32(said)) == 1);
        outcome = !done ? 0 : agrees ? 1 : 2;
        payerAfter = token.balanceOf(address(this));
        payeeAfter = token.balanceOf(to);
        heard = called || (listens && Trial(payable(to)).wasCalled());
    }

    function wasCalled() external view returns (bool) {
        return called;
    }

    fallback() external payable {
        called = true;
        assembly {
            mstore(0, 1)
            return(0, 32)
        }
    }
}
