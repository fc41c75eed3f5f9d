// The instruments of a run's file: their quotes, pegs and data, what earns at the venue, and what may be bought.
#include <catch2/catch.hpp>

#include "run_file.hpp"

using namespace bowline;
using namespace bowline::config;

TEST_CASE("instruments of two quote assets are refused: their amounts would be one sum") {
  RunFile run;
  const Loaded l = run.load(
      "instruments: [BTC-USD, ETH-USD, {symbol: SOL-EUR}]\n"
      "plugins: {path: [plugins]}\n" +
      no_instances);
  INFO(all_text(l));
  REQUIRE(l.problems.size() == 1);
  CHECK(l.problems[0].code == "CONFIG_QUOTE_MIXED");
  CHECK(l.problems[0].path == "instruments[2]");
  CHECK(l.problems[0].line == 1);
  CHECK(l.problems[0].column == 33);
  CHECK(l.problems[0].message.find("SOL-EUR is not quoted in USD as BTC-USD is") == 0);
}

TEST_CASE("rule 5.7: quotes of several assets go together where all but one are pegged to it") {
  RunFile run;
  const auto with = [&run](const std::string& instruments, const std::string& pegs) {
    return run.load("instruments: [" + instruments + "]\nportfolio: {pegs: {" + pegs + "}}\nplugins: {path: [plugins]}\n" + no_instances);
  };
  const Loaded l = with("ETH-USDC, BTC-USD, USDC-USD", "USDC: {to: USD}");
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  REQUIRE(l.config.pegs.size() == 1);
  CHECK(l.config.pegs[0] == PegConfig{"USDC", "USD", *Decimal::try_parse("0.01"), false});
  CHECK(with("ETH-USDC, BTC-USD", "USDC: {to: USD, band: 0.5%, mark: par}").config.pegs.at(0) == PegConfig{"USDC", "USD", *Decimal::try_parse("0.005"), true});
  CHECK(with("ETH-USDC", "USDC: {to: USD, mark: par}").problems.empty());
  const auto code = [&](const std::string& instruments, const std::string& pegs) {
    const Loaded bad = with(instruments, pegs);
    INFO(all_text(bad));
    REQUIRE(bad.problems.size() == 1);
    return bad.problems[0].code + " at " + bad.problems[0].path;
  };
  const std::string usdc = "USDC: {to: USD, mark: par}";
  CHECK(code("BTC-USD, ETH-USDC, SOL-EUR", usdc) == "CONFIG_QUOTE_MIXED at instruments[2]");
  CHECK(code("SOL-EUR, ETH-USDC", usdc) == "CONFIG_QUOTE_MIXED at instruments[0]");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD}") == "CONFIG_PEG_MARK at portfolio.pegs.USDC.mark");
  CHECK(code("BTC-USD, BTC-USDC", usdc) == "CONFIG_BASE_SHARED at instruments[1]");
  CHECK(code("BTC-USD, ETH-USDC, USD-USDC", usdc) == "CONFIG_PEG_PRODUCT at instruments[2]");
  CHECK(code("BTC-USD", usdc) == "CONFIG_VALUE at portfolio.pegs.USDC");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: par, band: 11%}") == "CONFIG_RANGE at portfolio.pegs.USDC.band");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: guess}") == "CONFIG_VALUE at portfolio.pegs.USDC.mark");
  CHECK(code("BTC-USD, ETH-USDC", "USDC: {to: USD, mark: par, bnad: 1%}") == "CONFIG_KEY_UNKNOWN at portfolio.pegs.USDC.bnad");
}

TEST_CASE("rule 5.7: the data of an instrument may be told under another product of its base") {
  RunFile run;
  const auto with = [&run](const std::string& instruments, const std::string& pegs) {
    return run.load("instruments: [" + instruments + "]\n" + (pegs.empty() ? "" : "portfolio: {pegs: {" + pegs + "}}\n") + "plugins: {path: [plugins]}\n" + no_instances);
  };
  const std::string usdc = "USDC: {to: USD, mark: par}", btc = "{symbol: BTC-USDC, data_symbol: BTC-USD}";
  for (const std::string& pegs : {std::string(), usdc}) {
    const Loaded l = with(btc + ", ETH-USDC", pegs);
    INFO(all_text(l));
    REQUIRE(l.problems.empty());
    CHECK(l.config.instruments.at(0).symbol == "BTC-USDC");
    CHECK(l.config.instruments.at(0).data_symbol == "BTC-USD");
    CHECK(l.config.instruments.at(1).data_symbol.empty());
  }
  // Its own is nothing to be said.
  const Loaded own = with("{symbol: BTC-USDC, data_symbol: BTC-USDC}", "");
  CHECK(own.problems.empty());
  CHECK(own.config.instruments.at(0).data_symbol.empty());
  const auto codes = [&](const std::string& instruments, const std::string& pegs) {
    const Loaded bad = with(instruments, pegs);
    std::string all;
    for (const Problem& p : bad.problems) all += (all.empty() ? "" : ", ") + p.code + " at " + p.path;
    return all;
  };
  const auto one = [&](const std::string& data, const std::string& pegs) { return codes("{symbol: BTC-USDC, data_symbol: " + data + "}", pegs); };
  const std::string at = " at instruments[0].data_symbol";
  CHECK(one("ETH-USD", "") == "CONFIG_DATA_BASE" + at);
  CHECK(one("BT-USD", "") == "CONFIG_DATA_BASE" + at);
  CHECK(one("BTCX-USD", "") == "CONFIG_DATA_BASE" + at);
  for (const char* malformed : {"BTC", "BTC-", "-USD", "BTC-USD-PERP", "\"-\""}) CHECK(one(malformed, "") == "CONFIG_VALUE" + at);
  CHECK(one("[BTC-USD]", "") == "CONFIG_TYPE" + at);
  CHECK(one("BTC-EUR", "") == "");  // whether it is of one book is the venue's to say
  CHECK(one("BTC-EUR", usdc) == "CONFIG_DATA_QUOTE" + at);
  CHECK(one("BTC-BTC", "") == "CONFIG_DATA_QUOTE" + at);
  CHECK(codes("ETH-USDC, {symbol: USDC-USD, data_symbol: USDC-USDC}", "USDC: {to: USD}") == "CONFIG_DATA_QUOTE at instruments[1].data_symbol");
  CHECK(codes(btc + ", BTC-USD", usdc) == "CONFIG_DATA_SHARED" + at + ", CONFIG_BASE_SHARED at instruments[1]");
  CHECK(codes("{symbol: BTC-USDC, data_symbol: BTC-DAI}, {symbol: BTC-USD, data_symbol: BTC-DAI}", usdc + ", DAI: {to: USD, mark: par}").find("CONFIG_DATA_SHARED at instruments[1].data_symbol") !=
        std::string::npos);
  CHECK(codes("{symbol: BTC-USDC, data_symbols: BTC-USD}", "") == "CONFIG_KEY_UNKNOWN at instruments[0].data_symbols");
}

TEST_CASE("rule 5.7: a peg names the asset that it is to, which is the same of all and has none itself") {
  RunFile run;
  const auto says = [&run](const std::string& pegs, const std::string& code, const std::string& path) {
    const Loaded l = run.load("instruments: [BTC-USD, ETH-USDC, SOL-USDT]\nportfolio: {pegs: {" + pegs + "}}\nplugins: {path: [plugins]}\n" + no_instances);
    return std::any_of(l.problems.begin(), l.problems.end(), [&](const Problem& p) { return p.code == code && p.path == path; });
  };
  CHECK(says("USDC: {mark: par}", "CONFIG_KEY_MISSING", "portfolio.pegs.USDC.to"));
  CHECK(says("USDC: {to: USDC, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDC.to"));
  CHECK(says("USDC: {to: USD, mark: par}, USDT: {to: USDC, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDT.to"));
  CHECK(says("USDC: {to: USD, mark: par}, USDT: {to: EUR, mark: par}", "CONFIG_PEG_TO", "portfolio.pegs.USDT.to"));
  CHECK(says("USDC: USD", "CONFIG_TYPE", "portfolio.pegs.USDC"));
  CHECK(run.load("instruments: [BTC-USD, ETH-USDC, SOL-USDT]\nportfolio: {pegs: {USDC: {to: USD, mark: par}, USDT: {to: USD, mark: par}}}\nplugins: {path: [plugins]}\n" +
                 no_instances).problems.empty());
}

TEST_CASE("rule 5.6: what earns at the venue is an asset of an instrument, with the most that it may earn at once") {
  RunFile run;
  const auto with = [&run](const std::string& rewards) {
    return run.load("instruments: [BTC-USD, SOL-USD]\nportfolio: {rewards: {" + rewards + "}}\nplugins: {path: [plugins]}\n" + no_instances);
  };
  const Loaded l = with("SOL: {most: 0.1%}, USD: {most: 5bp}");
  INFO(all_text(l));
  REQUIRE(l.problems.empty());
  REQUIRE(l.config.rewards.size() == 2);
  CHECK(l.config.rewards[0] == RewardConfig{"SOL", *Decimal::try_parse("0.001")});
  CHECK(l.config.rewards[1] == RewardConfig{"USD", *Decimal::try_parse("0.0005")});
  CHECK(run.load("instruments: [BTC-USD]\nplugins: {path: [plugins]}\n" + no_instances).config.rewards.empty());
  const auto code = [&](const std::string& rewards) {
    const Loaded bad = with(rewards);
    INFO(all_text(bad));
    REQUIRE(bad.problems.size() == 1);
    return bad.problems[0].code + " at " + bad.problems[0].path;
  };
  CHECK(code("ETH: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.ETH");
  CHECK(code("SO: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.SO");
  CHECK(code("SOL-USD: {most: 0.1%}") == "CONFIG_VALUE at portfolio.rewards.SOL-USD");
  CHECK(code("SOL: {}") == "CONFIG_KEY_MISSING at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: 11%}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: 0}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: -0.1%}") == "CONFIG_RANGE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: much}") == "CONFIG_TYPE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: {most: [1%]}") == "CONFIG_TYPE at portfolio.rewards.SOL.most");
  CHECK(code("SOL: 0.1%") == "CONFIG_TYPE at portfolio.rewards.SOL");
  CHECK(code("SOL: {most: 0.1%, least: 1%}") == "CONFIG_KEY_UNKNOWN at portfolio.rewards.SOL.least");
}

TEST_CASE("what may be bought is a list of the run's instruments, allowed or denied, and not both") {
  RunFile run;
  const auto with = [&](const std::string& lists) { return run.load("execution: {" + lists + "}\n" + base + no_instances); };
  const Loaded good = with("allow: [BTC-USD]");
  INFO(all_text(good));
  REQUIRE(good.problems.empty());
  CHECK(good.config.execution.allow == std::vector<std::string>{"BTC-USD"});
  CHECK(good.config.execution.deny.empty());
  CHECK(with("deny: [BTC-USD]").config.execution.deny == std::vector<std::string>{"BTC-USD"});
  const Loaded unknown = with("deny: [BTC-UDS]");
  REQUIRE(unknown.problems.size() == 1);
  CHECK(unknown.problems[0].path == "execution.deny[0]");
  CHECK(unknown.problems[0].message.find("did you mean BTC-USD?") != std::string::npos);
  REQUIRE(with("allow: []").problems.size() == 1);  // it would deny everything, or nothing: nobody knows
  REQUIRE(with("allow: [BTC-USD], deny: [BTC-USD]").problems.size() == 1);
  REQUIRE(with("allow: BTC-USD").problems.size() == 1);
}
