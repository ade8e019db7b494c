// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Tokens as they are met in the wild, most of them broken in one way. Whoever makes one keeps it, has
/// all of it and may `turn` it: into what it is called, or further.
abstract contract Token {
    string public constant name = "Zoo Dollar";
    string public constant symbol = "ZOO";

    address internal keeper;
    uint256 internal mood;
    uint256 public totalSupply = 1_000_000e6;
    mapping(address => uint256) internal balances;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor() {
        keeper = msg.sender;
        balances[msg.sender] = totalSupply;
        emit Transfer(address(0), msg.sender, totalSupply);
    }

    function turn(uint256 to) external {
        require(msg.sender == keeper, "only the keeper may do this");
        mood = to;
    }

    function decimals() external view virtual returns (uint256) {
        return 6;
    }

    function balanceOf(address account) external view virtual returns (uint256) {
        return balances[account];
    }

    function move(address from, address to, uint256 value) internal virtual {
        require(balances[from] >= value, "transfer amount exceeds balance");
        balances[from] -= value;
        balances[to] += value;
        emit Transfer(from, to, value);
    }
}

/// Answers true.
abstract contract Usual is Token {
    function transfer(address to, uint256 value) external virtual returns (bool) {
        move(msg.sender, to, value);
        return true;
    }
}

/// As the standard wants it.
contract Plain is Usual {}

/// Answers nothing, as the oldest tokens do.
contract NoReturn is Token {
    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
    }
}

/// Takes `mood` basis points on the way and logs what was asked for.
contract FeeOnTransfer is Usual {
    function move(address from, address to, uint256 value) internal override {
        uint256 fee = value * mood / 10_000;
        super.move(from, to, value);
        balances[to] -= fee;
        balances[keeper] += fee;
    }
}

/// Balances are shares of a sum that is `mood` parts in a thousand more or less than it was.
contract Rebasing is Usual {
    function balanceOf(address account) external view override returns (uint256) {
        return balances[account] * parts() / 1_000;
    }

    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value * 1_000 / parts());
    }

    function parts() private view returns (uint256) {
        return mood == 0 ? 1_000 : mood;
    }
}

/// Says false instead of failing; in its mood, of everything, and moves nothing.
contract FalseReturn is Usual {
    function transfer(address to, uint256 value) external override returns (bool) {
        if (mood == 1 || balances[msg.sender] < value) return false;
        move(msg.sender, to, value);
        return true;
    }
}

/// Moves what it should and says false of it.
contract DenyingReturn is Usual {
    function transfer(address to, uint256 value) external override returns (bool) {
        move(msg.sender, to, value);
        return false;
    }
}

interface Heeds {
    function tokensReceived(address from, uint256 value) external returns (bool);
}

/// Calls whom it pays, and fails where that fails.
contract Hook is Usual {
    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        if (to.code.length > 0) require(Heeds(to).tokensReceived(from, value), "it does not want it");
    }
}

/// Stopped while its mood is not 0.
contract Pausable is Usual {
    function move(address from, address to, uint256 value) internal override {
        require(mood == 0, "paused");
        super.move(from, to, value);
    }
}

/// Shuts out the account that is its mood.
contract Blacklisting is Usual {
    function move(address from, address to, uint256 value) internal override {
        require(uint160(from) != mood && uint160(to) != mood, "shut out");
        super.move(from, to, value);
    }
}

/// Has as many decimals as it likes.
contract WrongDecimals is Usual {
    function decimals() external view override returns (uint256) {
        return mood == 0 ? 6 : mood;
    }
}

/// What a proxy stands before; its constructor is the proxy's.
contract Implementation is Usual {}

/// The same with a fee of a tenth.
contract Upgraded is Usual {
    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        balances[to] -= value / 10;
        balances[keeper] += value / 10;
    }
}

/// Upgradable (EIP-1967): its keeper puts another contract behind it.
contract Proxy is Token {
    bytes32 private constant SLOT =
        bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    function upgrade(address to) external {
        require(msg.sender == keeper, "only the keeper may do this");
        bytes32 slot = SLOT;
        assembly {
            sstore(slot, to)
        }
    }

    fallback() external {
        bytes32 slot = SLOT;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), sload(slot), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(done) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
