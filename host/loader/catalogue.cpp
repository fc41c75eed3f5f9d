#include "loader/catalogue.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <set>
#include <system_error>
#include <utility>

#include "loader/file_bytes.hpp"
#include "loader/refusals.hpp"

namespace bowline::loader {
namespace {

namespace fs = std::filesystem;

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, corner + (a[i] == b[j] ? 0u : 1u)});
      corner = above;
    }
  }
  return row.back();
}

std::vector<fs::path> libraries_in(const fs::path& folder, std::error_code& ec) {
  std::vector<fs::path> files;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec))
    if (it->path().extension() == ".so") files.push_back(it->path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<Catalogue> Catalogue::scan(std::span<const fs::path> folders) {
  Catalogue catalogue;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const fs::path& given : folders) {
    std::error_code ec;
    const fs::path folder = fs::absolute(given, ec).lexically_normal();
    const std::vector<fs::path> files = libraries_in(folder, ec);
    if (ec)
      return Error{"PLUGIN_FOLDER_MISSING",
                   "plugins.path: the folder " + folder.string() + " cannot be read (" + ec.message() +
                       "): create it or correct the path",
                   {{"folder", folder.string()}}};
    catalogue.folders_.push_back(folder);
    for (const fs::path& file : files) {
      UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
      struct stat info {};
      if (!fd || ::fstat(fd.get(), &info) != 0) {
        catalogue.problems_.push_back(refuse("PLUGIN_UNREADABLE", file.string(),
                                             "cannot be opened (" + std::string(std::strerror(errno)) + ")",
                                             "give the user that runs bowline read permission"));
        continue;
      }
      if (!S_ISREG(info.st_mode) || !seen.emplace(info.st_dev, info.st_ino).second) continue;
      auto header = read_header(fd.get(), file.string());
      if (!header) {
        catalogue.problems_.push_back(std::move(header).error());
        continue;
      }
      for (ManifestPlugin& plugin : header->manifest.plugins)
        catalogue.offers_.push_back(Offer{file, std::move(plugin), header->manifest.venue_class});
    }
  }
  std::ranges::sort(catalogue.offers_, [](const Offer& a, const Offer& b) {
    return std::tie(a.plugin.id, a.file) < std::tie(b.plugin.id, b.file);
  });
  for (std::size_t i = 1; i < catalogue.offers_.size(); ++i)
    if (catalogue.offers_[i].plugin.id == catalogue.offers_[i - 1].plugin.id)
      catalogue.problems_.push_back(catalogue.find(catalogue.offers_[i].plugin.id).error());
  return catalogue;
}

Result<Offer> Catalogue::find(std::string_view id) const {
  const auto id_of = [](const Offer& o) -> std::string_view { return o.plugin.id; };
  const auto begin = std::ranges::lower_bound(offers_, id, {}, id_of), end = std::ranges::upper_bound(offers_, id, {}, id_of);
  if (end - begin == 1) return *begin;
  if (end - begin > 1) {
    const std::string first = begin->file.string(), second = (begin + 1)->file.string();
    Error error =
        refuse("PLUGIN_DUPLICATE_ID", first, "offers " + std::string(id) + ", and so does " + second,
               "remove one of the two files, or take its folder out of plugins.path");
    error.details.emplace_back("other_file", second);
    return error;
  }

  std::string where, nearest, unreadable;
  for (const fs::path& folder : folders_) where += (where.empty() ? "" : ", ") + folder.string();
  std::size_t best = std::max<std::size_t>(3, id.size() / 4) + 1;
  for (const Offer& offer : offers_)
    if (const std::size_t d = distance(id, offer.plugin.id); d < best) best = d, nearest = offer.plugin.id;
  for (const Error& problem : problems_) unreadable += "; " + problem.message;
  Error error{"PLUGIN_NOT_FOUND",
              "plugin " + std::string(id) + ": no file in " +
                  (where.empty() ? "plugins.path (which is empty)" : where) + " offers it" +
                  (nearest.empty() ? "" : ": did you mean " + nearest + "?") +
                  (nearest.empty() ? ": correct the id, or add the file" : ""),
              {{"plugin", std::string(id)}}};
  if (!unreadable.empty()) error.message += " (files that could not be read as plugins" + unreadable + ")";
  return error;
}

Result<Offer> Catalogue::find(std::string_view id, Kind kind) const {
  auto offer = find(id);
  if (!offer || offer->plugin.kind == kind) return offer;
  return refuse("PLUGIN_KIND_MISMATCH", offer->file.string(),
                "offers " + std::string(id) + " as " + std::string(to_string(offer->plugin.kind)) +
                    ", and the instance wants a " + std::string(to_string(kind)),
                "correct `kind` or `plugin` of the instance");
}

}  // namespace bowline::loader
