// bowline explain: why an order was made, or why a decision led to none, from a stored run.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/verbs.hpp"
#include "core/exit_codes.hpp"
#include "store/reader.hpp"

namespace bowline::cli {

void add_explain(CLI::App& app, Action& chosen) {
  struct Options {
    std::string id, var = "var", prices = "crypto_prices.db", transactions = "crypto_transactions.db";
  };
  const auto o = std::make_shared<Options>();
  CLI::App* v = verb(app, "explain",
                     "trace an order or a decision of a stored run to its signal, sizing and checks, as JSON",
                     "bowline explain <client order id or decision id> --var /tmp/run1");
  v->add_option("id", o->id, "client order id, or decision id (32 hex digits)")->required();
  v->add_option("--var", o->var, "the run's state folder")->capture_default_str();
  v->add_option("--transactions", o->transactions, "file name in it, or an absolute path")
      ->capture_default_str();
  v->add_option("--prices", o->prices, "file name in it, or an absolute path")->capture_default_str();
  v->callback([o, &chosen] {
    chosen = [o] {
      const std::filesystem::path var(o->var);
      auto reader = store::Reader::open(var / o->prices, var / o->transactions);
      if (!reader) return fail(reader.error());
      const bool decision =
          o->id.size() == 32 && o->id.find_first_not_of("0123456789abcdef") == std::string::npos;
      auto text = decision ? (*reader)->explain_decision(o->id) : (*reader)->explain_order(o->id);
      if (!text) return fail(text.error());
      std::printf("%s\n", text->c_str());
      return core::exit_code::ok;
    };
  });
}

}  // namespace bowline::cli
