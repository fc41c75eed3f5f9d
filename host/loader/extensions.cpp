#include "loader/extensions.hpp"

#include <array>
#include <cstring>
#include <limits>

#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

// Sizes of ABI 1.0: what a plugin built against 1.0 has, whatever the header has grown to since.
constexpr std::uint32_t trainer_1_0 = 16, explain_1_0 = 16, calibration_1_1 = 16, assess_1_0 = 16, venue_1_0 = 32;
static_assert(sizeof(bl_trainer_v1) >= trainer_1_0 && sizeof(bl_explain_v1) >= explain_1_0 && sizeof(bl_calibration_v1) >= calibration_1_1 &&
              sizeof(bl_assess_v1) >= assess_1_0 && sizeof(bl_venue_v1) >= venue_1_0);
constexpr std::uint32_t max_rates = 256;
constexpr std::uint64_t max_assessment = 1u << 20;

const bl_trainer_v1* trainer_of(SignalInstance& signal) {
  const auto* table = static_cast<const bl_trainer_v1*>(signal.extension(BL_EXT_TRAINER, trainer_1_0));
  return table != nullptr && table->fit != nullptr ? table : nullptr;
}
Error missing(const Instance& instance, std::string_view extension, const std::string& purpose) {
  return refuse_instance(
      "PLUGIN_EXTENSION_MISSING", instance.spec().id,
      instance.spec().plugin + " does not offer " + std::string(extension) + ", so it cannot " + purpose,
      "choose a plugin that does");
}

struct ProgressCall {
  const FitProgress& to;
  bool cancelled = false;
};

bl_status on_progress(void* context, double done, bl_str note) noexcept {
  auto& call = *static_cast<ProgressCall*>(context);
  const bool readable = note.ptr != nullptr && note.len != 0;
  if (!call.cancelled && call.to &&
      !call.to(done, readable ? plugin_text({note.ptr, note.len}, 256) : std::string()))
    call.cancelled = true;
  return call.cancelled ? BL_E_AGAIN : BL_OK;
}

}  // namespace

bool can_fit(SignalInstance& signal) { return trainer_of(signal) != nullptr; }

Result<void> fit(SignalInstance& signal, const bl_dataset& train, const bl_dataset* eval,
                 const std::filesystem::path& dir, const FitProgress& progress) {
  const bl_trainer_v1* trainer = trainer_of(signal);
  if (trainer == nullptr) return missing(signal, BL_EXT_TRAINER, "be trained");
  const std::string folder = dir.string();
  ProgressCall call{progress};
  bl_error why{};
  const bl_status status = signal.call_extension(CallClass::Unbounded, "trainer.fit", 0, [&] {
    return trainer->fit(signal.raw(), &train, eval, {folder.data(), folder.size()}, &call, on_progress, &why);
  });
  if (call.cancelled)
    return refuse_instance("PLUGIN_FIT_CANCELLED", signal.spec().id, "training was cancelled",
                           "start it again");
  if (status < 0) return signal.status_error("PLUGIN_CALL_FAILED", "fit", status, why);
  return {};
}

const bl_explain_v1* explainer_of(SignalInstance& signal) {
  const auto* table = static_cast<const bl_explain_v1*>(signal.extension(BL_EXT_EXPLAIN, explain_1_0));
  return table != nullptr && table->contributions != nullptr ? table : nullptr;
}

const bl_calibration_v1* calibration_of(SignalInstance& signal) {
  const auto* table = static_cast<const bl_calibration_v1*>(signal.extension(BL_EXT_CALIBRATION, calibration_1_1));
  return table != nullptr && table->class_returns != nullptr ? table : nullptr;
}

Result<void> contributions(SignalInstance& signal, const bl_explain_v1* explainer, const bl_frame& frame, std::uint32_t row,
                           std::uint32_t output, std::span<double> out) {
  if (explainer == nullptr) return missing(signal, BL_EXT_EXPLAIN, "explain a prediction");
  if (row >= frame.rows || out.size() != std::size_t{frame.cols} + 1)
    return refuse_instance("PLUGIN_EXTENSION_INVALID", signal.spec().id, "row or buffer do not fit the frame",
                           "this is a defect in the host: report it");
  bl_error why{};
  const bl_status status = signal.call_extension(CallClass::Lane, "explain.contributions", frame.h.id, [&] {
    return explainer->contributions(signal.raw(), &frame, row, output, out.data(), out.size(), &why);
  });
  if (status < 0) return signal.status_error("PLUGIN_CALL_FAILED", "contributions", status, why);
  return {};
}

Result<ClassReturns> class_returns(SignalInstance& signal, const bl_calibration_v1* calibration) {
  if (calibration == nullptr) return missing(signal, BL_EXT_CALIBRATION, "tell what its expected move is reckoned with");
  std::array<double, 3> told{};
  told.fill(std::numeric_limits<double>::quiet_NaN());
  bl_error why{};
  const bl_status status = signal.call_extension(CallClass::Lane, "calibration.class_returns", 0, [&] {
    return calibration->class_returns(signal.raw(), told.data(), told.size(), &why);
  });
  if (status < 0) return signal.status_error("PLUGIN_CALL_FAILED", "class_returns", status, why);
  return ClassReturns{told[0], told[1], told[2]};
}

Result<std::string> assessment(RiskInstance& risk) {
  const auto* table = static_cast<const bl_assess_v1*>(risk.extension(BL_EXT_ASSESS, assess_1_0));
  if (table == nullptr || table->get == nullptr) return missing(risk, BL_EXT_ASSESS, "assess the portfolio");
  std::string text;
  std::uint64_t length = 0;
  bl_error why{};
  const auto get = [&](char* buffer, std::uint64_t cap) {
    return risk.call_extension(CallClass::Lane, "assess.get", 0,
                               [&] { return table->get(risk.raw(), buffer, cap, &length, &why); });
  };
  bl_status status = get(nullptr, 0);
  if (status < 0 && status != BL_E_OVERFLOW)
    return risk.status_error("PLUGIN_CALL_FAILED", "assess", status, why);
  const auto too_long = [&] {
    return refuse_instance("PLUGIN_EXTENSION_INVALID", risk.spec().id,
                           "its assessment has " + std::to_string(length) + " bytes",
                           "the limit is 1 MiB, and it must not grow while it is read: mend the plugin");
  };
  if (length > max_assessment) return too_long();
  text.resize(length);
  if (length == 0) return text;
  status = get(text.data(), text.size());
  if (status < 0) return risk.status_error("PLUGIN_CALL_FAILED", "assess", status, why);
  if (length > text.size()) return too_long();
  text.resize(length);
  return text;
}

Result<VenueRates> venue_rates(Instance& instance) {
  VenueRates rates;
  const auto* table = static_cast<const bl_venue_v1*>(instance.extension(BL_EXT_VENUE, venue_1_0));
  if (table == nullptr) return rates;
  const auto invalid = [&](const std::string& what) {
    return refuse_instance("PLUGIN_EXTENSION_INVALID", instance.spec().id, "its bowline.venue/1 " + what,
                           "mend the plugin");
  };
  if (table->n_classes > max_rates || table->n_costs > max_rates)
    return invalid("lists more than 256 classes or costs");
  if ((table->n_classes != 0 && table->classes == nullptr) ||
      (table->n_costs != 0 && table->costs == nullptr))
    return invalid("states counts without lists");
  for (const bl_rate_class& c : std::span(table->classes, table->n_classes)) {
    if (c.name.ptr == nullptr || c.name.len == 0 || c.per_second == 0)
      return invalid("has a class without a name or a rate");
    rates.classes.push_back({plugin_text({c.name.ptr, c.name.len}, 64), c.per_second, c.burst, c.per_hour});
  }
  for (const bl_call_cost& c : std::span(table->costs, table->n_costs)) {
    if (c.rate_class >= table->n_classes) return invalid("charges a class that it does not list");
    rates.costs.push_back({c.call, c.rate_class, c.cost});
  }
  return rates;
}

Result<VenueStanding> venue_standing(Instance& instance) {
  if (instance.state() != State::Running)
    return refuse_instance("PLUGIN_STATE", instance.spec().id, "it does not run, so it knows nothing of its venue", "start it first");
  const auto* table = static_cast<const bl_venue_v1*>(instance.extension(BL_EXT_VENUE, venue_1_0));
  if (table == nullptr || !BL_HAS(table, bl_venue_v1, standing)) return missing(instance, BL_EXT_VENUE, "say how its key and its clock stand");
  bl_standing told{};
  told.size = sizeof told;
  bl_error why{};
  const bl_status status = instance.call_extension(CallClass::Lane, "venue.standing", 0, [&] { return table->standing(instance.raw(), &told, &why); });
  if (status < 0) return instance.status_error("PLUGIN_CALL_FAILED", "standing", status, why);
  VenueStanding out;
  out.key_told = (told.told & BL_TOLD_KEY) != 0;
  const auto may = [&](std::uint32_t what) { return out.key_told && (told.may & what) != 0; };
  out.may_view = may(BL_MAY_VIEW);
  out.may_trade = may(BL_MAY_TRADE);
  out.may_transfer = may(BL_MAY_TRANSFER);
  if ((told.told & BL_TOLD_PORTFOLIO) != 0) out.portfolio = plugin_text({told.portfolio, ::strnlen(told.portfolio, sizeof told.portfolio)}, sizeof told.portfolio);
  if ((told.told & BL_TOLD_CLOCK) != 0) out.skew_ns = told.skew_ns;
  return out;
}

}  // namespace bowline::loader
