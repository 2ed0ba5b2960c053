//! Is the expected shortfall as large as the losses beyond the value at risk, and are those as many? (Acerbi and
//! Szekely 2014, their second test)

/// One step of a forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// What was lost.
    pub loss: f64,
    /// The value at risk that was forecast.
    pub value_at_risk: f64,
    /// The expected shortfall that was forecast, above zero.
    pub shortfall: f64,
}

/// `1 - sum(loss / shortfall over the steps beyond the value at risk) / (n * level)`: 0 on average when the forecast is
/// right, below when losses are more or larger. 0 for no steps.
#[must_use]
pub fn z2(steps: &[Forecast], level: f64) -> f64 {
    if steps.is_empty() {
        return 0.0;
    }
    let beyond = steps.iter().filter(|step| step.loss > step.value_at_risk);
    let sum: f64 = beyond.map(|step| step.loss / step.shortfall).sum();
    1.0 - sum / (steps.len() as f64 * level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(losses: &[f64]) -> Vec<Forecast> {
        losses.iter().map(|&loss| Forecast { loss, value_at_risk: 2.0, shortfall: 4.0 }).collect()
    }

    #[test]
    fn ten_steps_by_hand() {
        // Two beyond 2, of 3 and 6: 9/4 over 10 * 0.2.
        let it = z2(&steps(&[0.0, 1.0, 3.0, -5.0, 2.0, 6.0, 0.0, 0.0, 1.0, -1.0]), 0.2);
        assert!((it + 0.125).abs() < 1e-12);
    }

    #[test]
    fn a_forecast_that_is_right_scores_nothing_and_one_that_is_never_reached_one() {
        assert!(z2(&steps(&[4.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0]), 0.2).abs() < 1e-12);
        assert_eq!(z2(&steps(&[0.0; 10]), 0.2), 1.0);
        assert_eq!(z2(&[], 0.2), 0.0);
    }
}
