//! The report in pictures (SVG): the price and the mark, the fund, what was forced, and how far behind the ladder was.

use super::report::{Moment, Report};
use eyre::eyre;
use plotters::prelude::*;
use std::{fs, path::Path};

/// Size of a picture, in pixels.
const SIZE: (u32, u32) = (1_000, 420);

/// A line of a picture: its name and its values, one a moment.
type Line = (String, Vec<f64>);

/// Writes the pictures into a folder, which is made when it is not there.
///
/// # Errors
/// When they cannot be written.
pub fn draw(report: &Report, folder: &Path) -> eyre::Result<()> {
    fs::create_dir_all(folder)?;
    let of = |value: &dyn Fn(&Moment) -> f64| report.moments.iter().map(value).collect::<Vec<f64>>();
    let line = |name: &str, value: &dyn Fn(&Moment) -> f64| (name.to_owned(), of(value));
    let mut prices = Vec::new();
    let mut distances = Vec::new();
    for (number, row) in report.rows.iter().enumerate() {
        let first = report.moments.first().map_or(1.0, |moment| moment.index[number]);
        prices.push(line(&format!("{} index", row.asset), &|moment| 100.0 * moment.index[number] / first));
        prices.push(line(&format!("{} mark", row.asset), &|moment| 100.0 * moment.mark[number] / first));
        distances
            .push(line(&row.asset, &|moment| 100.0 * (moment.mark[number] / moment.index[number] - 1.0)));
    }
    let mut fund = Vec::new();
    for (number, row) in report.pools.iter().enumerate() {
        let name = row.assets.join("+");
        fund.push(line(&format!("{name} fund"), &|moment| moment.pools[number].fund / 1e6));
        fund.push(line(&format!("{name} backstop"), &|moment| moment.pools[number].backstop / 1e6));
        fund.push(line(&format!("{name} deficit"), &|moment| moment.pools[number].deficit / 1e6));
    }
    let ways = ["book", "batch", "backstop", "tear-up"];
    let forced: Vec<Line> =
        ways.iter().enumerate().map(|(way, name)| line(name, &|moment| moment.forced[way] / 1e6)).collect();
    let below = [line("accounts below maintenance", &|moment| moment.below as f64)];
    let lag = [line("worst lag of the minute", &|moment| moment.lag as f64)];
    let pictures: [(&str, &str, &[Line]); 6] = [
        ("price", "index and mark, 100 when the crash begins", &prices),
        ("mark", "mark over index, %", &distances),
        ("fund", "fund, backstop and deficit, million USDC", &fund),
        ("forced", "forced notional since the beginning, million USDC", &forced),
        ("below", "accounts below maintenance", &below),
        ("lag", "ms from below maintenance to the first step", &lag),
    ];
    for (name, caption, lines) in pictures {
        let caption = format!("{}: {caption}", report.crash);
        picture(&folder.join(format!("{name}.svg")), &caption, report, lines)
            .map_err(|error| eyre!("{name}.svg: {error}"))?;
    }
    Ok(())
}

fn picture(
    path: &Path,
    caption: &str,
    report: &Report,
    lines: &[Line],
) -> Result<(), Box<dyn std::error::Error>> {
    let hours: Vec<f64> = report
        .moments
        .iter()
        .map(|moment| moment.time.saturating_sub(report.from) as f64 / 3_600_000.0)
        .collect();
    let values = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let room = ((high - low) * 0.05).max(1e-6);
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let last = hours.last().copied().unwrap_or(1.0).max(1e-3);
    let mut chart = ChartBuilder::on(&area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..last, low - room..high + room)?;
    chart.configure_mesh().x_desc("hours").light_line_style(WHITE).draw()?;
    for (number, (name, values)) in lines.iter().enumerate() {
        let color = Palette99::pick(number).to_rgba();
        let points = hours.iter().copied().zip(values.iter().copied());
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(1)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.2)).draw()?;
    area.present()?;
    Ok(())
}
