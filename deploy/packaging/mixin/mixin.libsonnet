// virtcast as a monitoring mixin: prometheusRules, prometheusAlerts, grafanaDashboards. Rules and dashboards are the generated
// files; _config says where the links of alerts lead and adds labels to alerts.
// jsonnet-bundler has to install the whole repository: those files are not in this folder.
//     local virtcast = (import 'virtcast/deploy/packaging/mixin/mixin.libsonnet') + { _config+:: { grafanaUrl: 'https://…' } };
//     std.manifestYamlDoc(virtcast.prometheusAlerts)
local recording = std.parseYaml(importstr '../../../alert_rules/recording.rules.yml');
local aggregates = std.parseYaml(importstr '../../../alert_rules/aggregates.rules.yml');
local alerts = std.parseYaml(importstr '../../../alert_rules/alerts.rules.yml');

{
  _config:: {
    grafanaUrl: 'http://localhost:3000',
    runbookUrl: 'http://localhost:9178/runbooks',
    // Eight series more of each: alerts on waste and dashboards of weeks and months read them.
    aggregates: true,
    // Of every alert, such as { team: 'virtualisation' }.
    alertLabels: {},
    // Of every dashboard, beside its own.
    dashboardTags: [],
  },

  local config = self._config,
  local leads(text) =
    std.strReplace(std.strReplace(text, 'http://localhost:9178/runbooks', config.runbookUrl), 'http://localhost:3000', config.grafanaUrl),
  local alert(rule) =
    if std.objectHas(rule, 'alert') then rule {
      labels+: config.alertLabels,
      annotations: std.mapWithKey(function(_, text) leads(text), rule.annotations),
    } else rule,
  local dashboard(page) = page { tags: super.tags + config.dashboardTags },

  prometheusRules+:: { groups: recording.groups + if config.aggregates then aggregates.groups else [] },

  prometheusAlerts+:: { groups: [group { rules: std.map(alert, group.rules) } for group in alerts.groups] },

  grafanaDashboards+:: std.mapWithKey(function(_, page) dashboard(page), import '../../../grafana/dashboards.libsonnet'),
}
