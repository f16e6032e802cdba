//! Bars as SVG, drawn with whole numbers.

use std::fmt::Write as _;

/// One bar: its length, and what is written at its end.
pub struct Bar {
    pub value: u64,
    pub text: String,
}

/// Bars that belong together, under one name.
pub struct Group {
    pub name: String,
    pub bars: Vec<Bar>,
}

/// Colours that differ for all eyes, one for each series (Okabe and Ito).
const COLOURS: [&str; 2] = ["#0072b2", "#e69f00"];
const WIDTH: u64 = 760;
const LEFT: u64 = 190;
/// The longest bar; the rest is for its text.
const LONGEST: u64 = 440;
const BAR: u64 = 14;
const GAP: u64 = 10;
const TOP: u64 = 62;

/// Horizontal bars in groups; `full` is the length of the longest.
pub fn bars(title: &str, series: &[&str], groups: &[Group], full: u64) -> String {
    let lines: u64 = groups.iter().map(|g| g.bars.len() as u64 * BAR + GAP).sum();
    let height = TOP + lines + GAP;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\" \
         role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"15\" fill=\"#222222\">{title}</text>\n",
        title = escaped(title)
    );
    for (n, name) in series.iter().enumerate().filter(|_| series.len() > 1) {
        let x = LEFT + n as u64 * 160;
        let colour = COLOURS[n % COLOURS.len()];
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"38\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\n\
             <text x=\"{}\" y=\"48\" fill=\"#222222\">{}</text>\n",
            x + 18,
            escaped(name)
        );
    }
    let mut y = TOP;
    for group in groups {
        let middle = y + group.bars.len() as u64 * BAR / 2 + 4;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\" fill=\"#222222\">{}</text>",
            LEFT - 8,
            escaped(&group.name)
        );
        for (n, bar) in group.bars.iter().enumerate() {
            let length = bar.value.min(full) * LONGEST / full.max(1);
            let colour = COLOURS[n % COLOURS.len()];
            let _ = write!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length}\" height=\"{}\" \
                 fill=\"{colour}\"/>\n\
                 <text x=\"{}\" y=\"{}\" fill=\"#222222\">{}</text>\n",
                BAR - 2,
                LEFT + length + 6,
                y + BAR - 3,
                escaped(&bar.text)
            );
            y += BAR;
        }
        y += GAP;
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_and_its_text_cannot_break_the_picture() {
        let half = Bar { value: 5, text: "5 < 10".to_owned() };
        let all = Bar { value: 10, text: "10".to_owned() };
        let groups = [Group { name: "a & b".to_owned(), bars: vec![half, all] }];
        let svg = bars("Title", &["one", "two"], &groups, 10);
        assert!(svg.contains("width=\"220\" height=\"12\" fill=\"#0072b2\""), "{svg}");
        assert!(svg.contains("width=\"440\" height=\"12\" fill=\"#e69f00\""), "{svg}");
        assert!(svg.contains("5 &lt; 10") && svg.contains("a &amp; b"), "{svg}");
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }
}
